import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { ModelSpec } from '../../src/batch/model-spec.ts';
import type { ShotRequest } from '../../src/batch/request.ts';
import type { JsonObject } from '../../src/json.ts';
import {
  nothingLearned,
  type FileToUpload,
  type JobOutput,
  type JobRef,
  type JobState,
  type Offer,
  type Provider,
  type ResolvedReference,
  type StartRequest,
  type Vendor,
} from '../../src/providers/port.ts';
import { vendorById, vendors } from '../../src/providers/registry.ts';
import {
  startSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/index.ts';
import { existing, openDeadline, smallest, startOf, type Texts } from './requests.ts';

export interface Case {
  readonly id: string;
  readonly variant?: string;
  /** Of the account. */
  readonly settings?: JsonObject;
  readonly simulated?: Partial<SimulatorSettings>;
  readonly apiKey?: string;
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
  {
    id: 'productai',
    variant: 'with presets instead of prompts',
    settings: { promptWithPreset: false },
  },
];

/** With a title each, for `describe.each`. */
export const titledCases = cases.map(
  (one) => [[one.id, one.variant].filter(Boolean).join(' '), one] as const,
);

export const waiting = { timeout: 5_000, interval: 10 };
type Succeeded = Extract<JobState, { state: 'succeeded' }>;

const jpeg = { ext: 'jpg', mime: 'image/jpeg', head: '\xff\xd8\xff\xe0' };
const video = { ext: 'mp4', mime: 'video/mp4', head: '\0\0\0\x10ftypisom\0\0\0\0' };

/** A quick simulator, and files to upload to it. */
export class Stage {
  readonly simulator: Simulator;
  readonly #folder: string;

  private constructor(simulator: Simulator, folder: string) {
    this.simulator = simulator;
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    const fast = { jobMs: 10, videoMs: 10, trainingMs: 10, downloadMs: 10 } as const;
    const simulator = await startSimulator({
      port: 0,
      ...fast,
      credits: 1e9,
      images: 'small',
    });
    return new Stage(simulator, await mkdtemp(join(tmpdir(), 'shotlist-')));
  }

  async close(): Promise<void> {
    await this.simulator.close();
    await rm(this.#folder, { recursive: true });
  }

  async file(
    name: string,
    kind: 'image' | 'video' = 'image',
    trainedModel?: string,
  ): Promise<FileToUpload> {
    const { ext, mime, head } = kind === 'video' ? video : jpeg;
    const path = join(this.#folder, `${name}.${ext}`);
    const bytes = Buffer.from(`${head}${name}`, 'latin1');
    await writeFile(path, bytes);
    const facts = { sha256: name, mime, bytes: bytes.length, name: `${name}.${ext}`, path };
    return { ...facts, trainedModel };
  }
}

/** An account of a case on a stage, with all that its models read. */
export class Client {
  readonly vendor: Vendor;
  readonly offer: Offer;
  readonly provider: Provider;
  readonly #stage: Stage;
  #texts: Texts = { aspectRatio: '16:9', resolution: '720p' };
  #trained: string | undefined;
  #own: JobOutput | undefined;

  private constructor(stage: Stage, { id, settings = {}, simulated = {}, apiKey }: Case) {
    this.#stage = stage;
    Object.assign(stage.simulator.settings, simulated);
    this.vendor = vendorOf(id);
    this.offer = this.vendor.offer(settings, nothingLearned);
    const baseUrl = stage.simulator.baseUrls[id] ?? '';
    this.provider = this.vendor.connect({ baseUrl, apiKey: apiKey ?? `${id}-contract`, settings });
  }

  static async open(stage: Stage, which: Case): Promise<Client> {
    const client = new Client(stage, which);
    await client.#prepare();
    return client;
  }

  /** Texts that mean something to the vendor. */
  get texts(): Texts {
    return this.#texts;
  }

  async #prepare(): Promise<void> {
    const { provider, offer } = this;
    const preset = (await provider.presets?.())?.entries[0];
    if (preset) this.#texts = { ...this.#texts, preset: preset.id, preset_id: preset.id };
    if (offer.training) this.#trained = await this.#train();
    const readsOwn = offer.models.some(
      ({ references: { max, takes } }) => max && !takes.includes('link'),
    );
    const plain = offer.models.find(({ references, trained }) => !references.min && !trained);
    if (!plain || !readsOwn) return;
    const { job } = await provider.start(startOf(plain.id, smallest(plain)), openDeadline);
    [this.#own] = (await this.finished(job)).outputs;
  }

  async finished(job: JobRef): Promise<Succeeded> {
    return vi.waitFor(async () => {
      const state = await this.provider.check(job);
      expect(state.state).toBe('succeeded');
      return state as Succeeded;
    }, waiting);
  }

  async #train(): Promise<string> {
    const { train } = this.provider;
    if (!train) throw new Error('the vendor trains no models');
    const model = await train.create({ name: 'Ines', subject: { gender: 'Female', age: 30 } });
    expect(await train.check(model)).toEqual({ phase: 'new' });
    const names = Array.from({ length: 12 }, (_, index) => `selfie-${index}`);
    for (const name of names)
      await train.addImage(model, await this.#stage.file(name, 'image', model));
    expect((await train.listImages(model, 'training')).entries).toHaveLength(12);
    await train.start(model, openDeadline);
    await vi.waitFor(
      async () => expect(await train.check(model)).toEqual({ phase: 'ready' }),
      waiting,
    );
    return model;
  }

  /** A start with so many references, each in a way that the model takes. */
  async startFor(
    spec: ModelSpec,
    fields: Partial<ShotRequest>,
    count: number,
  ): Promise<StartRequest> {
    const references = await Promise.all(
      Array.from({ length: count }, (_, index) => this.reference(spec, index)),
    );
    const start = { ...startOf(spec.id, fields, references), makes: spec.makes };
    if (!spec.trained) return start;
    // A vendor that trains nothing for us may know models that were made in its dashboard.
    const trainedModel = this.#trained ?? existing.id;
    return { ...start, request: { ...start.request, choice: existing }, trainedModel };
  }

  async reference(spec: ModelSpec, index: number): Promise<ResolvedReference> {
    const { takes, roles, reads } = spec.references;
    const role = roles[index % Math.max(1, roles.length)];
    const { provider } = this;
    if (takes.includes('file') && provider.upload) {
      const kind = reads[0] === 'video' ? 'video' : 'image';
      const owner = spec.trained ? this.#trained : undefined;
      const file = await this.#stage.file(`reference-${spec.id}-${index}`, kind, owner);
      const { remote, url, ready } = await provider.upload(file);
      const state = async (): Promise<void> =>
        expect(await provider.uploadStates?.([remote])).toEqual(['ready']);
      if (!ready) await vi.waitFor(state, waiting);
      return { role, remote, url: url ?? undefined };
    }
    if (takes.includes('link'))
      return { role, remote: undefined, url: `https://example.com/${index}.jpg` };
    return { role, remote: this.#own?.remote, url: this.#own?.url ?? undefined };
  }
}

export function vendorOf(id: string): Vendor {
  const vendor = vendorById(id);
  if (!vendor) throw new Error(`${id} is not in the registry`);
  return vendor;
}
