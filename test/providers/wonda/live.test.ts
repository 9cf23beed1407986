import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelSpec } from '../../../src/batch/model-spec.ts';
import { nothingLearned, type Offer, type Provider } from '../../../src/providers/port.ts';
import { wonda } from '../../../src/providers/wonda/index.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/index.ts';
import { fullest, openDeadline, startOf } from '../requests.ts';

let simulator: Simulator;
let folder: string;
let provider: Provider;
let offer: Offer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
  const fast = { jobMs: 10, videoMs: 10, downloadMs: 10, images: 'small' } as const;
  simulator = await startSimulator({ port: 0, ...fast });
  const baseUrl = simulator.baseUrls['wonda'] ?? '';
  provider = wonda.connect({ baseUrl, apiKey: 'sk_live', settings: {} });
  offer = wonda.offer({}, { ...nothingLearned, models: (await provider.discover?.()) ?? null });
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

async function image(name: string): Promise<string> {
  const path = join(folder, `${name}.jpg`);
  await writeFile(path, Buffer.from(`\xff\xd8\xff\xe0${name}`, 'latin1'));
  const facts = { sha256: name, mime: 'image/jpeg', bytes: 9, name: `${name}.jpg` };
  const uploaded = await provider.upload?.({ ...facts, path, trainedModel: undefined });
  return String(uploaded?.remote);
}

/** Options that the schema's own rules want in a form that no table tells. */
const texts = { cameraPath: 'pan,zoom' };
const guidance = { kling_3_pro: { guidance: 0.75 } } as const;

async function run(spec: ModelSpec, fields: Parameters<typeof startOf>[1]) {
  const start = startOf(spec.id, { prompt: 'a red chair', ...fields });
  expect(spec.check?.(start.request) ?? []).toEqual([]);
  const roles = spec.references.roles.map((role) => ({ role }));
  const remotes = await Promise.all(roles.map(({ role }) => image(role)));
  const references = roles.map(({ role }, index) => ({
    role,
    remote: remotes[index],
    url: undefined,
  }));
  const quoted = await provider.quote?.(start.request);
  const before = (await provider.verify()).balance ?? 0;
  const started = await provider.start({ ...start, makes: spec.makes, references }, openDeadline);
  const state = await vi.waitFor(
    async () => {
      const now = await provider.check(started.job);
      expect(now.state).toBe('succeeded');
      return now;
    },
    { timeout: 30_000 },
  );
  expect(before - ((await provider.verify()).balance ?? 0)).toBe(
    quoted && 'amount' in quoted ? quoted.amount : quoted?.refused,
  );
  return state.state === 'succeeded' ? state.outputs : [];
}

describe('the live list of the simulator', () => {
  it('tells every model that Shotlist knows, and more', () => {
    for (const { id, notes } of offer.models)
      expect([id, ...notes]).not.toContain("not in the vendor's live list");
    const known = wonda.offer({}, nothingLearned).models.map(({ id }) => id);
    const added = offer.models.filter(({ id }) => !known.includes(id));
    expect(added.map(({ id }) => id)).toEqual(['lumen-image-1', 'aurora-video-1', 'scribe-text-1']);
  });

  it('agrees with the published table', () => {
    for (const { id, notes } of offer.models)
      expect([id, notes.filter((note) => note.includes('otherwise'))]).toEqual([id, []]);
  });

  it.each(['lumen-image-1', 'seedance-2', 'kling_3_pro', 'aurora-video-1', 'gemini-omni-video'])(
    'says all that %s takes, and what it costs',
    async (id) => {
      const spec = offer.models.find((model) => model.id === id);
      if (!spec) throw new Error(`${id} is not offered`);
      await run(spec, {});
      const { options, ...fields } = fullest(spec, { ...texts, resolution: '720p' });
      const own = guidance[id as keyof typeof guidance];
      const [output] = await run(spec, { ...fields, options: { ...options, ...own } });
      expect(output?.url).toMatch(/\.(png|mp4)$/);
    },
  );

  it('checks the rules of a schema before anything is sent', () => {
    const spec = offer.models.find(({ id }) => id === 'kling_3_pro');
    const { request } = startOf('kling_3_pro', { options: { cameraPath: 'spin' } });
    expect(spec?.check?.(request)).toMatchObject([{ field: 'options.cameraPath' }]);
  });

  it('writes text', async () => {
    const spec = offer.models.find(({ makes }) => makes === 'text');
    if (!spec) throw new Error('no text model');
    const [output] = await run(spec, { options: { maxTokens: 100 } });
    const text = Buffer.from((output?.url ?? '').split('base64,')[1] ?? '', 'base64').toString();
    expect(text).toContain('a red chair');
  });
});
