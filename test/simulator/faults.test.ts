import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fault, describeSimulator, startSimulator } from '../../src/simulator/index.ts';
import { bottle, download, finish, open } from './support.ts';

const start = (fault: Omit<Fault, 'match'>): { faults: Fault[] } => ({
  faults: [{ match: { method: 'POST', path: '/generation$' }, ...fault }],
});
const order = '/images/generation';

describe('faults before acceptance', () => {
  it('reset the connection without a trace in the book', async () => {
    const client = await open(start({ kind: 'reset-before', count: 1 }));
    await expect(client.post(order, bottle)).rejects.toThrow();
    expect(client.simulator.book.accepted).toEqual([]);
    expect((await client.post(order, bottle)).status).toBe(200);
    expect(client.simulator.book.faults).toEqual({ 'reset-before': 1 });
  });

  it('refuse connections for a while, and then take them again', async () => {
    const client = await open(start({ kind: 'refused', count: 1, ms: 50 }));
    await expect(client.post(order, bottle)).rejects.toThrow();
    await expect(client.post(order, bottle)).rejects.toThrow();
    await expect.poll(async () => (await client.post(order, bottle)).status).toBe(200);
    expect(client.simulator.book.accepted).toHaveLength(1);
  });

  it.each([
    [{ kind: 'error-before' }, 500],
    [{ kind: 'error-before', status: 503 }, 503],
    [{ kind: 'unauthorized' }, 401],
    [{ kind: 'no-credits' }, 402],
    [{ kind: 'not-found' }, 404],
  ] as const)('answer %o with the vendor error body', async (fault, status) => {
    const client = await open(start(fault));
    const answer = await client.post(order, bottle);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status: 'NOK', result: null });
    expect(client.simulator.book.accepted).toEqual([]);
  });

  it('send a page instead of JSON', async () => {
    const client = await open(start({ kind: 'html-before', status: 502 }));
    const answer = await client.post(order, bottle);
    expect(answer.status).toBe(502);
    expect(answer.body).toMatch(/^<!DOCTYPE html>/);
  });

  it.each([
    ['seconds', '7'],
    ['date', 'Thu, 01 Jan 2026 00:00:07 GMT'],
    ['none', null],
  ] as const)('limit the rate with Retry-After as %s', async (retryAfter, header) => {
    const client = await open(start({ kind: 'rate-limit', seconds: 7, retryAfter }));
    const answer = await client.post(order, bottle);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe(header);
  });

  it('heal after their time', async () => {
    const client = await open({ faults: [{ kind: 'unauthorized', forMs: 1_000 }] });
    expect((await client.get('/ping')).status).toBe(401);
    client.pass(999);
    expect((await client.get('/ping')).status).toBe(401);
    client.pass(1);
    expect((await client.get('/ping')).status).toBe(200);
  });
});

describe('faults after acceptance', () => {
  it.each([
    ['reset-after', 'reset'],
    ['error-after', 'error'],
    ['html-after', 'garbled'],
    ['truncated-json', 'garbled'],
  ] as const)('%s leaves the request in the book as %s', async (kind, reply) => {
    const client = await open(start({ kind }));
    const answer = await client.post(order, bottle).catch((error: unknown) => error);
    expect(answer).not.toMatchObject({ status: 200, body: { status: 'OK' } });
    expect(client.simulator.book.accepted).toMatchObject([{ cost: 10, reply }]);
    expect((await client.get('/jobs')).body.result.jobs).toHaveLength(1);
  });

  it('an accepted request that is never answered stays open until the simulator closes', async () => {
    const client = await open(start({ kind: 'hang' }));
    const failed = client.post(order, bottle).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => client.simulator.book.accepted[0]?.reply).toBe('unanswered');
    await client.simulator.close();
    expect(await failed).toBe('cut');
  });
});

describe('faults of jobs', () => {
  it.each([true, false])('fail them, refunded: %s', async (refunded) => {
    const client = await open({ credits: 10, ...start({ kind: 'job-fails', refunded, count: 1 }) });
    const job = await finish(client);
    expect(job).toMatchObject({ status: 'failed', error: 'Generation failed' });
    const listed = (await client.get('/jobs')).body.result.jobs[0];
    expect(listed).toMatchObject({ status: 'failed', credits: refunded ? 0 : 10 });
    expect((await client.post(order, bottle)).status).toBe(refunded ? 200 : 402);
  });

  it('never let them end', async () => {
    const client = await open(start({ kind: 'job-endless' }));
    expect((await finish(client)).status).toBe('running');
  });

  it('lose them for a while', async () => {
    const faults: Fault[] = [
      { kind: 'not-found', count: 1, match: { method: 'GET', path: '/jobs/.' } },
    ];
    const client = await open({ faults });
    const { jobId } = (await client.post(order, bottle)).body.result;
    expect((await client.get(`/jobs/${jobId}`)).status).toBe(404);
    expect((await client.get(`/jobs/${jobId}`)).status).toBe(200);
  });

  it('keep them out of the list, for a while or for ever', async () => {
    const client = await open(start({ kind: 'list-lags', ms: 20_000 }));
    await finish(client);
    const listed = async () => (await client.get('/jobs')).body.result.jobs.length;
    expect(await listed()).toBe(0);
    client.pass(10_000);
    expect(await listed()).toBe(1);
    client.simulator.settings.faults = start({ kind: 'list-omits' }).faults;
    await finish(client);
    expect(await listed()).toBe(1);
  });
});

describe('faults of downloads', () => {
  it.each(['url-expired', 'download-forbidden'] as const)('%s answers 403', async (kind) => {
    const client = await open({ faults: [{ kind, count: 1 }] });
    const { url } = (await finish(client)).images[0];
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
  });

  it('answer an error, or slowly', async () => {
    const client = await open();
    const { url } = (await finish(client)).images[0];
    client.simulator.settings.faults = [{ kind: 'download-error', status: 503 }];
    expect((await fetch(url)).status).toBe(503);
    client.simulator.settings.faults = [{ kind: 'slow', ms: 30, match: { path: '^/files/' } }];
    const began = performance.now();
    await download(url);
    expect(performance.now() - began).toBeGreaterThan(25);
  });

  it('cut, shorten or replace the bytes, which the book does not take for served', async () => {
    const client = await open();
    const { url } = (await finish(client)).images[0];
    const struck = (kind: Fault['kind']) => {
      client.simulator.settings.faults = [{ kind }];
      return download(url);
    };
    await expect(struck('download-reset')).rejects.toThrow();
    expect((await struck('download-html')).toString()).toMatch(/^<html>/);
    expect((await struck('download-wrong-bytes')).toString()).toMatch(/no image/);
    const short = await struck('download-short');
    expect(client.simulator.book.accepted[0]?.outputs[0]?.sha256).toBeNull();
    client.simulator.settings.faults = [];
    expect((await download(url)).length).toBeGreaterThan(short.length);
  });
});

/** One mark a request: `x` where the fault struck. */
async function pattern(fault: Fault, seed: string): Promise<string> {
  const client = await open({ seed, faults: [fault] });
  const statuses: number[] = [];
  for (let index = 0; index < 12; index += 1) statuses.push((await client.get('/ping')).status);
  return statuses.map((status) => (status === 200 ? '.' : 'x')).join('');
}

describe('the choice of requests', () => {
  it('depends on the seed alone', async () => {
    const fault: Fault = { kind: 'error-before', probability: 0.5 };
    const one = await pattern(fault, 'one');
    expect(await pattern(fault, 'one')).toBe(one);
    expect(await pattern(fault, 'two')).not.toBe(one);
    expect(one).toMatch(/x/);
  });

  it('follows nth and count', async () => {
    expect(await pattern({ kind: 'error-before', nth: [2, 5] }, 's')).toBe('.x..x.......');
    expect(await pattern({ kind: 'error-before', count: 2 }, 's')).toBe('xx..........');
  });

  it('leaves a slow answer whole', async () => {
    const client = await open({ faults: [{ kind: 'slow', ms: 30 }] });
    const began = performance.now();
    expect((await client.get('/ping')).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(25);
  });
});

describe('the simulator', () => {
  it('shows its book and takes settings while it runs', async () => {
    const client = await open();
    const patch = (body: unknown) =>
      fetch(`${client.simulator.url}/_simulator/settings`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
    expect((await patch({ jobMs: 5, prices: { photogpt: { image: 3 } } })).status).toBe(200);
    expect(client.simulator.settings.jobMs).toBe(5);
    expect(client.simulator.settings.prices['photogpt']).toMatchObject({ image: 3, upscale: 5 });
    expect((await patch({ jobMs: 'slow' })).status).toBe(400);
    expect((await patch({ nonesuch: 1 })).status).toBe(400);
    expect((await patch({ faults: [{ kind: 'nonesuch' }] })).status).toBe(400);
    const { jobId } = await finish(client);
    await client.get(`/jobs/${jobId}`);
    const book = await (await fetch(`${client.simulator.url}/_simulator/book`)).json();
    expect(book).toMatchObject({
      accepted: [{ id: jobId, cost: 3, request: bottle, state: 'success' }],
      requests: { 'POST /photogpt/images/generation 200': 1, 'GET /photogpt/jobs/:id 200': 2 },
    });
    const health = await fetch(`${client.simulator.url}/_simulator/health`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
  });

  it('writes its book to a file before it answers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'book-'));
    const bookFile = join(folder, 'book.jsonl');
    const client = await open({ bookFile });
    const { jobId } = await finish(client);
    const lines = (await readFile(bookFile, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'accepted', id: jobId },
      { event: 'finished', id: jobId, state: 'success' },
    ]);
    await rm(folder, { recursive: true });
  });

  it('says how to use it, and what to do when its port is taken', async () => {
    const client = await open();
    const lines = describeSimulator(client.simulator).join('\n');
    expect(lines).toContain(`export PHOTOGPT_BASE_URL=${client.base}`);
    expect(lines).toContain('export PHOTOGPT_API_KEY=demo');
    const port = Number(new URL(client.simulator.url).port);
    await expect(startSimulator({ port })).rejects.toThrow(/in use: stop what listens/);
  });
});
