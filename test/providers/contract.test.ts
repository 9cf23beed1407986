import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelSpec } from '../../src/batch/model-spec.ts';
import { download } from '../../src/http/download.ts';
import { sniffMedia } from '../../src/media/sniff.ts';
import { nothingLearned, type JobOutput, type Provider } from '../../src/providers/port.ts';
import { fullest, openDeadline, smallest } from './requests.ts';
import { Client, Stage, titledCases, vendorOf, waiting } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

async function fetched(provider: Provider, output: JobOutput): Promise<Uint8Array> {
  const url =
    output.url ??
    (await vi.waitFor(async () => {
      const prepared = await provider.prepare?.(output);
      if (!prepared?.ready) throw new Error('not ready yet');
      return prepared.url;
    }, waiting));
  const limits = { maxBytes: 50_000_000, timeoutMs: 5_000, idleTimeoutMs: 5_000 };
  const { stream } = await download({ url, trustedOrigin: stage.simulator.url, ...limits });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each(titledCases)('%s', (_title, which) => {
  const { id, settings = {} } = which;
  const { models } = vendorOf(id).offer(settings, nothingLearned);
  let client: Client;

  beforeAll(async () => {
    client = await Client.open(stage, which);
  });

  async function run(spec: ModelSpec, size: 'smallest' | 'fullest'): Promise<void> {
    const { provider } = client;
    const small = size === 'smallest';
    const fields = small ? smallest(spec) : fullest(spec, client.texts);
    const { min, max } = spec.references;
    const start = await client.startFor(spec, fields, small ? min : max);
    const { job, id: jobId } = await provider.start(start, openDeadline);
    const { outputs } = await client.finished(job);
    expect(outputs).toHaveLength(start.request.outputs ?? 1);
    for (const output of outputs)
      expect(sniffMedia(await fetched(provider, output))?.kind).toBe(spec.makes);
    const listed = await provider.listJobs?.(Date.now() - 60_000, Date.now() + 60_000);
    if (listed) expect(listed.entries.map((one) => one.id)).toContain(jobId);
  }

  it.each(models.map((spec) => [spec.id, spec] as const))(
    'makes the smallest request to %s',
    async (_, spec) => run(spec, 'smallest'),
  );

  it.each(models.map((spec) => [spec.id, spec] as const))(
    'makes the fullest request to %s',
    async (_, spec) => run(spec, 'fullest'),
  );

  it('tells a good key from a bad one', async () => {
    expect(await client.provider.verify()).toMatchObject({ key: 'good' });
    const baseUrl = stage.simulator.baseUrls[id] ?? '';
    const stranger = client.vendor.connect({ baseUrl, apiKey: 'bad-key', settings });
    expect(await stranger.verify()).toMatchObject({ key: 'refused' });
  });

  it('lists what was uploaded, where it lists anything', async () => {
    const { provider } = client;
    const spec = models.find(
      ({ references, trained }) => references.takes.includes('file') && !trained,
    );
    if (!provider.files || !provider.upload || !spec) return;
    const { remote } = await client.reference(spec, 0);
    const listed = await provider.files.list();
    expect(listed.entries.map((one) => one.id)).toContain(remote);
  });

  it('waits for a slot before each free request, and before no paid one', async () => {
    const [spec] = models;
    if (!spec) throw new Error('the vendor offers no models');
    let slots = 0;
    const paced = client.vendor.connect({
      baseUrl: stage.simulator.baseUrls[id] ?? '',
      apiKey: `${id}-contract`,
      settings,
      pace: () => Promise.resolve(void slots++),
    });
    const { job } = await paced.start(
      await client.startFor(spec, smallest(spec), spec.references.min),
      openDeadline,
    );
    expect(slots).toBe(0);
    await paced.check(job);
    expect(slots).toBe(1);
    await paced.verify();
    expect(slots).toBeGreaterThanOrEqual(2);
  });

  it('says that it does not know a job that never was', async () => {
    const [spec] = models;
    if (!spec) throw new Error('the vendor offers no models');
    const start = await client.startFor(spec, smallest(spec), spec.references.min);
    const { job } = await client.provider.start(start, openDeadline);
    const strange = Object.fromEntries(
      Object.entries(job).map(([name, value]) => [name, `${String(value)}0`]),
    );
    expect(await client.provider.check(strange)).toEqual({ state: 'missing' });
  });

  it('asks for a job of which only the id is known', async () => {
    const [spec] = models;
    if (!spec) throw new Error('the vendor offers no models');
    const start = await client.startFor(spec, smallest(spec), spec.references.min);
    const { id: jobId } = await client.provider.start(start, openDeadline);
    const { outputs } = await client.finished(client.provider.jobRef(jobId));
    expect(outputs).toHaveLength(start.request.outputs ?? 1);
    const unknown = client.provider.jobRef(`${jobId}0`);
    expect(await client.provider.check(unknown)).toEqual({ state: 'missing' });
  });
});
