import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelSpec } from '../../src/batch/model-spec.ts';
import { download } from '../../src/http/download.ts';
import { sniffMedia } from '../../src/http/sniff.ts';
import type { JsonObject } from '../../src/json.ts';
import {
  nothingLearned,
  type FileToUpload,
  type JobOutput,
  type JobState,
  type Provider,
  type ResolvedReference,
  type StartRequest,
} from '../../src/providers/port.ts';
import { vendorById, vendors } from '../../src/providers/registry.ts';
import {
  startSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/index.ts';
import { existing, fullest, openFence, smallest, startOf, type Texts } from './requests.ts';

type Succeeded = Extract<JobState, { state: 'succeeded' }>;

const waiting = { timeout: 5_000, interval: 10 };
let simulator: Simulator;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
  const fast = { jobMs: 10, videoMs: 10, trainingMs: 10, downloadMs: 10 } as const;
  simulator = await startSimulator({ port: 0, ...fast, pictures: 'small' });
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

async function fileOf(
  name: string,
  { ext, mime, head }: { ext: string; mime: string; head: string },
  trainedModel: string | undefined,
): Promise<FileToUpload> {
  const path = join(folder, `${name}.${ext}`);
  const bytes = Buffer.from(`${head}${name}`, 'latin1');
  await writeFile(path, bytes);
  return { sha256: name, mime, bytes: bytes.length, name: `${name}.${ext}`, path, trainedModel };
}

const jpeg = { ext: 'jpg', mime: 'image/jpeg', head: '\xff\xd8\xff\xe0' };
const film = { ext: 'mp4', mime: 'video/mp4', head: '\0\0\0\x10ftypisom\0\0\0\0' };

function picture(name: string, trainedModel: string | undefined): Promise<FileToUpload> {
  return fileOf(name, jpeg, trainedModel);
}

async function finished(provider: Provider, job: JobState | object): Promise<Succeeded> {
  return vi.waitFor(async () => {
    const state = await provider.check(job as Parameters<Provider['check']>[0]);
    expect(state.state).toBe('succeeded');
    return state as Succeeded;
  }, waiting);
}

async function fetched(provider: Provider, output: JobOutput): Promise<Uint8Array> {
  const url =
    output.url ??
    (await vi.waitFor(async () => {
      const prepared = await provider.prepare?.(output);
      if (!prepared?.ready) throw new Error('not ready yet');
      return prepared.url;
    }, waiting));
  const limits = { maxBytes: 50_000_000, timeoutMs: 5_000, idleTimeoutMs: 5_000 };
  const { stream } = await download({ url, trustedOrigin: simulator.url, ...limits });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function trainedModel(provider: Provider): Promise<string> {
  const { train } = provider;
  if (!train) throw new Error('the vendor trains no models');
  const subject = { name: 'Ines', subject: { gender: 'Female', age: 30 } };
  const model = await train.create(subject);
  expect(await train.check(model)).toEqual({ phase: 'new' });
  const names = Array.from({ length: 12 }, (_, index) => `selfie-${index}`);
  for (const name of names) await train.addImage(model, await picture(name, model));
  expect(await train.listImages(model, 'training')).toHaveLength(12);
  await train.start(model, openFence);
  await vi.waitFor(
    async () => expect(await train.check(model)).toEqual({ phase: 'ready' }),
    waiting,
  );
  return model;
}

interface Case {
  readonly id: string;
  readonly variant?: string;
  /** Of the account. */
  readonly settings?: JsonObject;
  readonly simulated?: Partial<SimulatorSettings>;
}

/** Every vendor as it comes, and what its documents leave open the other way. */
const cases: readonly Case[] = [
  ...vendors.map(({ id }) => ({ id })),
  {
    id: 'gptimage2api',
    variant: 'with the names of the quickstart',
    simulated: { taskStyle: 'quickstart' },
  },
  { id: 'productai', variant: 'in dialect b', settings: { dialect: 'b' } },
];

describe.each(cases.map((one) => [[one.id, one.variant].filter(Boolean).join(' '), one] as const))(
  '%s',
  (_title, { id, settings = {}, simulated = {} }) => {
    const vendor = vendorById(id);
    if (!vendor) throw new Error(`${id} is not in the registry`);
    const offer = vendor.offer(settings, nothingLearned);
    let provider: Provider;
    let model: string | undefined;
    let own: JobOutput;
    let texts: Texts = { aspectRatio: '16:9', resolution: '720p' };

    beforeAll(async () => {
      Object.assign(simulator.settings, simulated);
      const baseUrl = simulator.baseUrls[id] ?? '';
      provider = vendor.connect({ baseUrl, apiKey: `${id}-contract`, settings });
      const [preset] = (await provider.presets?.()) ?? [];
      texts = { ...texts, ...(preset && { preset: preset.id, preset_id: preset.id }) };
      if (offer.training) model = await trainedModel(provider);
      const readsOwn = offer.models.some(
        ({ references: { max, takes } }) => max && !takes.includes('link'),
      );
      const plain = offer.models.find(({ references, trained }) => !references.min && !trained);
      if (!plain || !readsOwn) return;
      const { job } = await provider.start(startOf(plain.id, smallest(plain)), openFence);
      const [output] = (await finished(provider, job)).outputs;
      if (!output) throw new Error('no output');
      own = output;
    });

    async function reference(spec: ModelSpec, index: number): Promise<ResolvedReference> {
      const { takes, roles } = spec.references;
      const role = roles[index % Math.max(1, roles.length)];
      if (takes.includes('file') && provider.upload) {
        const kind = spec.references.reads[0] === 'video' ? film : jpeg;
        const name = `reference-${spec.id}-${index}`;
        const file = await fileOf(name, kind, spec.trained ? model : undefined);
        const { remote, url, ready } = await provider.upload(file);
        const state = async (): Promise<void> =>
          expect(await provider.uploadState?.(remote)).toBe('ready');
        if (!ready) await vi.waitFor(state, waiting);
        return { role, remote, url: url ?? undefined };
      }
      if (takes.includes('link'))
        return { role, remote: undefined, url: `https://example.com/${index}.jpg` };
      return { role, remote: own.remote, url: own.url ?? undefined };
    }

    async function startFor(spec: ModelSpec, size: 'smallest' | 'fullest'): Promise<StartRequest> {
      const { min, max } = spec.references;
      const count = size === 'smallest' ? min : max;
      const references = await Promise.all(
        Array.from({ length: count }, (_, index) => reference(spec, index)),
      );
      const fields = size === 'smallest' ? smallest(spec) : fullest(spec, texts);
      const start = startOf(spec.id, fields, references);
      if (!spec.trained) return { ...start, makes: spec.makes };
      // A vendor that trains nothing for us may know models that were made in its dashboard.
      const request = { ...start.request, choice: existing };
      return { ...start, request, makes: spec.makes, trainedModel: model ?? existing.id };
    }

    async function run(spec: ModelSpec, size: 'smallest' | 'fullest'): Promise<void> {
      const start = await startFor(spec, size);
      const { request } = start;
      const { job, id: jobId } = await provider.start(start, openFence);
      const { outputs } = await finished(provider, job);
      expect(outputs).toHaveLength(request.outputs ?? 1);
      for (const output of outputs)
        expect(sniffMedia(await fetched(provider, output))?.kind).toBe(spec.makes);
      const listed = await provider.listJobs?.(Date.now() - 60_000, Date.now() + 60_000);
      if (listed) expect(listed.map((one) => one.id)).toContain(jobId);
    }

    it.each(offer.models.map((spec) => [spec.id, spec] as const))(
      'makes the smallest request to %s',
      async (_, spec) => run(spec, 'smallest'),
    );

    it.each(offer.models.map((spec) => [spec.id, spec] as const))(
      'makes the fullest request to %s',
      async (_, spec) => run(spec, 'fullest'),
    );

    it('tells a good key from a bad one', async () => {
      expect(await provider.verify()).toMatchObject({ key: 'good' });
      const baseUrl = simulator.baseUrls[id] ?? '';
      const stranger = vendor.connect({ baseUrl, apiKey: 'bad-key', settings });
      expect(await stranger.verify()).toMatchObject({ key: 'refused' });
    });

    it('says that it does not know a job that never was', async () => {
      const [spec] = offer.models;
      if (!spec) throw new Error('the vendor offers no models');
      const { job } = await provider.start(await startFor(spec, 'smallest'), openFence);
      const strange = Object.fromEntries(
        Object.entries(job).map(([name, value]) => [name, `${String(value)}0`]),
      );
      expect(await provider.check(strange)).toEqual({ state: 'missing' });
    });
  },
);
