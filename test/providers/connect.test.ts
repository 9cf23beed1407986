import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { connectVendor } from '../../src/providers/connect.ts';
import type { Provider } from '../../src/providers/port.ts';
import { vendors } from '../../src/providers/registry.ts';
import { failure, json, serve } from '../http/server.ts';
import { openDeadline, startOf } from './requests.ts';
import { vendorOf } from './stage.ts';

/** Everything that any vendor of these tests needs to see of a job. */
const anything = {
  result: { jobId: 'j-1', status: 'queued', jobs: [{ jobId: 'j-2' }] },
  job_id: 'job_1',
  taskId: 'tsk_1',
  creditsUsed: 12,
  status: 'pending',
  data: { id: 7, status: 'RUNNING' },
};

async function open() {
  const { url, received } = await serve((_, response) => json(response, 200, anything));
  const connect = (id: string, path: string, settings: JsonObject = {}): Provider =>
    connectVendor(vendorOf(id), { baseUrl: `${url}${path}`, apiKey: 'key-1', settings });
  return { url, connect, paths: () => received.map((one) => `${one.method} ${one.url}`) };
}

describe('a job', () => {
  it('is asked for under the base path that it began under', async () => {
    const { connect, paths } = await open();
    const start = startOf('nanobanana', { prompt: 'a chair' });
    const { job, id } = await connect('photogpt', '/api/v1').start(start, openDeadline);
    expect([job, id]).toEqual([{ jobId: 'j-1', basePath: '/api/v1' }, 'j-1']);
    const moved = connect('photogpt', '/v2/');
    await moved.check(job);
    await moved.describe?.(job);
    await moved.check(moved.jobRef('j-9'));
    expect(paths()).toEqual([
      'POST /api/v1/images/generation',
      'GET /api/v1/jobs/j-1',
      'GET /api/v1/jobs/j-1',
      'GET /v2/jobs/j-9',
    ]);
  });

  it('is answered with what it costs, where the vendor tells', async () => {
    const { connect } = await open();
    const start = startOf('gpt-image-2', { prompt: 'a jug' });
    const started = await connect('gptimage2api', '/v2').start(start, openDeadline);
    expect(started).toMatchObject({ job: { basePath: '/v2' }, billed: 12_000 });
  });

  it('of a list, or of an older ledger, is asked for under the present one', async () => {
    const { connect, paths } = await open();
    const provider = connect('photogpt', '/api');
    const listing = await provider.listJobs?.(0, 1_000);
    expect(listing?.entries.map(({ job }) => job)).toEqual([{ jobId: 'j-2', basePath: '/api' }]);
    await provider.check({ jobId: 'j-3' });
    expect(paths().at(-1)).toBe('GET /api/jobs/j-3');
  });

  it('takes the key to no other origin, whatever its path says', async () => {
    const { connect, paths } = await open();
    const provider = connect('photogpt', '/api');
    for (const basePath of ['//evil.test/x', 'https://evil.test', '/../..'])
      await provider.check({ jobId: 'j-1', basePath });
    expect(paths()).toHaveLength(3);
  });
});

describe('a job of productai', () => {
  const start = startOf('nanobanana', { prompt: 'on marble' }, [{ url: 'https://x/1' }]);

  it.each([
    ['a', 'b', '/generate', '/jobs/job_1'],
    ['b', 'a', '/api/generate', '/api/job/7'],
  ])(
    'that began in dialect %s is asked for in it when %s is set',
    async (from, to, made, asked) => {
      const { connect, paths } = await open();
      const { job } = await connect('productai', '', { dialect: from }).start(start, openDeadline);
      const switched = connect('productai', '', { dialect: to });
      await switched.check(job);
      expect(paths()).toEqual([`POST ${made}`, `GET ${asked}`]);
    },
  );

  it('reads a file that was uploaded in the other dialect', async () => {
    const uploads = [
      { remote: 'asset_1', url: 'https://cdn.test/1' },
      { remote: 'https://cdn.test/2', url: 'https://cdn.test/2' },
    ];
    const bodies: unknown[] = [];
    for (const dialect of ['a', 'b'])
      for (const upload of uploads) {
        const { url, received } = await serve((_, response) => json(response, 200, anything));
        const settings = { dialect };
        const provider = vendorOf('productai').connect({ baseUrl: url, apiKey: 'key-1', settings });
        await provider.start(startOf('nanobanana', { prompt: 'x' }, [upload]), openDeadline);
        bodies.push(JSON.parse(received[0]?.body ?? ''));
      }
    expect(bodies).toMatchObject([
      { asset_id: 'asset_1' },
      { image_url: 'https://cdn.test/2' },
      { image_url: 'https://cdn.test/1' },
      { image_url: 'https://cdn.test/2' },
    ]);
  });
});

describe.each(vendors.map(({ id }) => [id] as const))('%s', (id) => {
  it('asks for no job without an id', async () => {
    const { connect, paths } = await open();
    for (const dialect of id === 'productai' ? ['a', 'b'] : [undefined]) {
      const provider = connect(id, '', dialect === undefined ? {} : { dialect });
      for (const job of [
        {} as JsonObject,
        { jobId: null, id: null, taskId: '', inferenceJobId: null },
      ]) {
        const error = await failure(provider.check(job));
        expect(provider.classify(error).message).toContain('it began under another setting');
      }
    }
    expect(paths()).toEqual([]);
  });
});
