import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunInput } from '../../src/activities/own-work.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { openStudio, type Studio } from './studio.ts';

const watchedMs = 20_000;
const shots = 8;
const rows = `[${Array.from({ length: shots }, (_, n) => `{ n: ${n} }`).join(', ')}]`;

const images = `batch: herd
steps:
  draw:
    rows: ${rows}
    model: photogpt:nanobanana
    prompt: sheep number {{ n }}
`;
const edits = `batch: herd
steps:
  draw:
    rows: ${rows}
    model: productai:nanobanana2
    prompt: on marble
    references: "training/{{ n }}.jpg"
`;
const portraits = `batch: herd
models:
  anna: { train: { account: photogpt, images: "training/*", name: Anna, gender: Female, age: 29 } }
steps:
  draw:
    rows: ${rows}
    model: anna
    prompt: Anna with sheep number {{ n }}
`;

interface Scene {
  /** What is refused. */
  readonly match: { readonly method: string; readonly path: string };
  readonly batch: string;
  readonly account?: string;
  readonly faults?: readonly Fault[];
  readonly work: (studio: Studio, input: RunInput) => Promise<readonly Promise<unknown>[]>;
}

/** Every shot in a range of its own, all at once. */
async function runApart(studio: Studio, input: RunInput): Promise<Promise<unknown>[]> {
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  return Array.from({ length: shots }, (_, from) => {
    const range = { ...input, lane, account, from, to: from + 1, reportAfterMs: null };
    return run(studio, studio.activities.runShots, range);
  });
}

async function upload(studio: Studio, input: RunInput): Promise<Promise<unknown>[]> {
  await studio.planOf(input, 'draw', 1);
  const slice = { ...input, step: 'draw', account: studio.access.key, slice: 0, slices: 1 };
  const uploading = run(studio, studio.activities.uploadReferences, slice);
  return [uploading, ...(await runApart(studio, input))];
}

async function train(studio: Studio, input: RunInput): Promise<Promise<unknown>[]> {
  const [training] = (await studio.planOf(input, 'draw', 1)).trainings;
  if (!training) throw new Error('nothing is to be trained');
  const { account, fingerprint } = training;
  const wanted = { ...input, step: 'draw', account, fingerprint };
  return [run(studio, studio.activities.trainModel, wanted)];
}

const environments = new WeakMap<Studio, ReturnType<Studio['environmentOf']>[]>();

function run<Input>(
  studio: Studio,
  activity: (input: Input) => Promise<unknown>,
  input: Input,
): Promise<unknown> {
  const environment = studio.environmentOf();
  environments.set(studio, [...(environments.get(studio) ?? []), environment]);
  return environment.run(activity, input).catch(() => undefined);
}

const scenes = {
  'paid requests': {
    match: { method: 'POST', path: '/images/generation' },
    batch: images,
    work: runApart,
  },
  polls: { match: { method: 'GET', path: '/jobs/.' }, batch: images, work: runApart },
  'lists of jobs': {
    match: { method: 'GET', path: '/jobs$' },
    batch: images,
    faults: [{ kind: 'truncated-json', match: { method: 'POST', path: '/images/generation' } }],
    work: runApart,
  },
  uploads: {
    match: { method: 'POST', path: '/training-asset' },
    batch: edits,
    account: 'productai',
    work: upload,
  },
  'new models': { match: { method: 'POST', path: '/models$' }, batch: portraits, work: train },
  'training images': {
    match: { method: 'POST', path: '/images/upload' },
    batch: portraits,
    work: train,
  },
  'triggers of trainings': {
    match: { method: 'GET', path: '/models/.+/train' },
    batch: portraits,
    work: train,
  },
} as const satisfies Record<string, Scene>;

const askings = {
  '0 seconds': { retryAfter: 'seconds', seconds: 0 },
  'a date that is past': { retryAfter: 'date', seconds: -60 },
  nothing: { retryAfter: 'none' },
} as const;

interface Seen {
  /** While it was watched. */
  readonly refused: number;
  /** Also those that came while the work was stopped. */
  readonly refusedInAll: number;
  readonly rows: readonly { readonly state: string; readonly refusals: number }[];
}

async function watch(
  { match, batch, account, faults = [], work }: Scene,
  asking: (typeof askings)[keyof typeof askings],
): Promise<Seen> {
  const studio = await openStudio(
    { jobMs: 600_000, faults: [...faults, { kind: 'rate-limit', match, ...asking }] },
    { postMs: 10_000, imageJobMs: 600_000 },
    { perMinute: undefined },
    account === undefined ? {} : { account },
  );
  try {
    Object.assign(studio.access, {
      trainingPrice: { amount: 300_000, unit: 'credits', basis: 'assumed' },
    });
    mkdirSync(join(studio.home, 'training'));
    for (let index = 0; index < 12; index++)
      await sharp({
        create: { width: 8, height: 8, channels: 3, background: { r: 20 * index, g: 9, b: 4 } },
      })
        .jpeg()
        .toFile(join(studio.home, 'training', `${index}.jpg`));
    const working = await work(studio, await studio.startRun(batch));
    await sleep(watchedMs);
    const refusals = (): number => studio.simulator.book.faults['rate-limit'] ?? 0;
    const refused = refusals();
    for (const environment of environments.get(studio) ?? []) environment.cancel('WORKER_SHUTDOWN');
    studio.stopWaits();
    await Promise.all(working);
    // An answer that was under way is written down by now.
    const rows = await Array.fromAsync(studio.ledger.reports.submissions('herd'));
    return { refused, refusedInAll: refusals(), rows };
  } finally {
    await studio.close();
  }
}

describe('a vendor that refuses', () => {
  const seen = new Map<string, Promise<Seen>>();
  // All at once: each mostly waits.
  beforeAll(async () => {
    for (const [kind, scene] of Object.entries(scenes))
      for (const [asked, asking] of Object.entries(askings))
        seen.set(`${kind} ${asked}`, watch(scene, asking));
    await Promise.all(seen.values());
  }, 120_000);

  const cases = Object.keys(scenes).flatMap((kind) =>
    Object.keys(askings).map((asked) => [kind, asked] as const),
  );
  it.each(cases)('%s and asks for %s is asked at most six times in 20 s', async (kind, asked) => {
    const { refused = 0 } = (await seen.get(`${kind} ${asked}`)) ?? {};
    expect(refused).toBeGreaterThanOrEqual(2);
    expect(refused).toBeLessThanOrEqual(6);
  });

  it.each(Object.keys(askings))(
    'paid requests and asks for %s leaves one row a shot, which counts',
    async (asked) => {
      const { refusedInAll, rows: reported = [] } =
        (await seen.get(`paid requests ${asked}`)) ?? {};
      const rejected = reported.filter(({ state }) => state === 'rejected');
      expect(rejected.length).toBeLessThanOrEqual(shots);
      expect(rejected.reduce((sum, { refusals }) => sum + refusals, 0)).toBe(refusedInAll);
    },
  );
});
