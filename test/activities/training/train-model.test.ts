import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainModelResult } from '../../../src/activities/training/train-model.ts';
import type { Price } from '../../../src/money.ts';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import type { Twist } from '../../http/twist.ts';
import { openStudio, type Studio } from '../studio.ts';

const portrait = `batch: anna
models:
  anna:
    train: { account: photogpt, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  portraits:
    rows: [{ place: Lisbon }, { place: Oslo }]
    model: anna
    prompt: Anna in {{ place }}
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

async function openTraining(
  settings: Parameters<typeof openStudio>[0] = {},
  timeouts: Parameters<typeof openStudio>[1] = {},
  batch = portrait,
  twist?: Twist,
): Promise<RunInput> {
  studio = await openStudio(settings, timeouts, {}, twist && { twist });
  const trainingPrice: Price = { amount: 300_000, unit: 'credits', basis: 'assumed' };
  Object.assign(studio.access, { trainingPrice });
  mkdirSync(join(studio.home, 'training'));
  for (let index = 0; index < 12; index++)
    await sharp({
      create: { width: 64, height: 64, channels: 3, background: { r: index * 20, g: 90, b: 40 } },
    })
      .jpeg()
      .toFile(join(studio.home, 'training', `${index}.jpg`));
  return await studio.startRun(batch);
}

const likeThese = `${portrait.replace('}, { place: Oslo }', ', like: training/0.jpg }, { place: Oslo, like: training/1.jpg }')}    references: ["{{ like }}"]
`;

async function train(input: RunInput): Promise<TrainModelResult> {
  if (!studio) throw new Error('no studio');
  const { environmentOf, activities, planOf } = studio;
  const [training] = (await planOf(input, 'portraits', 1)).trainings;
  if (!training) throw new Error('no training is needed');
  const { account, fingerprint } = training;
  return await environmentOf().run(activities.trainModel, {
    ...input,
    step: 'portraits',
    account,
    fingerprint,
  });
}

describe('trainModel', () => {
  it('trains once, then makes the shots with the model', async () => {
    const input = await openTraining();
    expect(await train(input)).toEqual({ kind: 'ready' });
    const { results, planned } = await studio!.runStep(input, 'portraits', 2);
    expect(planned.trainings).toEqual([]);
    expect(results).toMatchObject([{ kind: 'done', saved: 2 }]);
    expect(studio!.simulator.book.trainings).toHaveLength(1);
    expect(studio!.simulator.book.uploads).toHaveLength(12);
  });

  it('fails a shot whose reference is one too many for the model, unpaid', async () => {
    const input = await openTraining({}, {}, likeThese);
    const spec = studio!.deps.catalogue.get('photogpt')!;
    const training = { ...spec.training!, referencesMax: 1 };
    const catalogue = new Map([['photogpt', { ...spec, training }]]);
    Object.assign(studio!.deps, { catalogue });
    await train(input);
    const { results } = await studio!.runStep(input, 'portraits', 2);
    expect(results).toMatchObject([{ kind: 'done', saved: 1 }]);
    const failed = [];
    for await (const shot of studio!.ledger.reports.shots('anna', { states: ['failed'] }))
      failed.push(shot.why);
    expect(failed).toEqual([expect.stringContaining('one reference too many')]);
    expect(studio!.simulator.book.accepted.filter(({ kind }) => kind === 'generate')).toHaveLength(
      1,
    );
  });

  it('uses a model again without paying, after seeing that it is there', async () => {
    const input = await openTraining();
    await train(input);
    const again = await studio!.startRun(portrait);
    expect(await train(again)).toEqual({ kind: 'ready' });
    expect((await studio!.planOf(again, 'portraits', 2)).trainings).toEqual([]);
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('trains a model again that is gone at the vendor, where the plan pays for it', async () => {
    const input = await openTraining();
    await train(input);
    await deleteModel();
    const again = await studio!.startRun(portrait);
    expect(await train(again)).toEqual({ kind: 'ready' });
    const { results } = await studio!.runStep(again, 'portraits', 2);
    expect(results).toMatchObject([{ kind: 'done', saved: 2 }]);
    expect(studio!.simulator.book.trainings).toHaveLength(2);
  });

  it('blocks the shots of a model that is gone where the plan does not pay for another', async () => {
    const input = await openTraining();
    await train(input);
    await deleteModel();
    const { key } = studio!.access;
    const again = await studio!.startRun(portrait, {
      accepted: [{ account: key, unit: 'credits', cap: 20_000 }],
    });
    expect(await train(again)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill(expect.stringContaining('the accepted plan does not pay')),
    );
    expect(studio!.simulator.book.trainings).toHaveLength(1);
    // Accepted with another plan, it goes on where it was: the pictures are there.
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.uploads).toHaveLength(24);
    expect(studio!.simulator.book.trainings).toHaveLength(2);
  });

  it('does not pay again because one answer says that a model is gone', async () => {
    const input = await openTraining();
    await train(input);
    const match = { method: 'GET', path: '/models/[^/]+$' };
    studio!.simulator.settings.faults = [{ kind: 'not-found', match }];
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('does not pay again because a list with a gap does not show a model', async () => {
    const gap: Twist = ({ method, path, body }) => {
      if (method !== 'GET' || !/\/models($|\/[^/]+$)/.test(path)) return undefined;
      if (!isUsedAgain) return undefined;
      if (path.endsWith('/models')) return { body: { ...(body as object), result: [null] } };
      return { status: 404, body: { status: 'NOK', message: 'model not found', result: null } };
    };
    let isUsedAgain = false;
    const input = await openTraining({}, {}, portrait, gap);
    await train(input);
    isUsedAgain = true;
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('tells the shots what the vendor said against a training picture', async () => {
    const match = { method: 'POST', path: '/images/upload' };
    const input = await openTraining({
      faults: [{ kind: 'error-before', match, status: 400, nth: 3 }],
    });
    expect(await train(input)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill('PhotoGPT answered 400: internal error; request failed'),
    );
    expect(studio!.simulator.book.trainings).toEqual([]);
  });

  it('gives up a training that never ends, and finds it in a later run when it did', async () => {
    const input = await openTraining({ trainingMs: 3_000 }, { trainingMs: 500 });
    expect(await train(input)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill(expect.stringContaining('still training after its time limit')),
    );
    const money = (await studio!.ledger.reports.status('anna'))?.accounts[0];
    expect(money).toMatchObject({ spent: 0, ambiguous: 300_000 });
    await until(() => studio!.simulator.book.trainings[0]?.state === 'success');
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
    expect((await studio!.ledger.reports.status('anna'))?.accounts[0]).toMatchObject({
      spent: 300_000,
      ambiguous: 0,
    });
  });

  it('does not pay within one run for a training that it saw fail, but in the next', async () => {
    const input = await openTraining({ faults: [{ kind: 'job-fails', nth: 1 }] });
    const { plans } = studio!.ledger;
    const { block } = plans;
    Object.assign(plans, { block: () => Promise.reject(new Error('killed')) });
    await expect(train(input)).rejects.toThrow('killed');
    Object.assign(plans, { block });
    expect(await train(input)).toEqual({ kind: 'failed' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
    expect(await blockedWhys()).toHaveLength(2);
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(2);
  });

  it('begins nothing for a batch that was cancelled, nor waits for a vendor that is away', async () => {
    const faults: Fault[] = [{ kind: 'error-before', match: { path: '/models' } }];
    const input = await openTraining({ faults });
    setTimeout(() => void studio!.ledger.batches.setState('anna', 'cancelled', ['running']), 200);
    expect(await train(input)).toEqual({ kind: 'stopped' });
    expect(studio!.simulator.book.models).toEqual([]);
  });

  it('finds a trigger whose answer was lost, and does not pay for another', async () => {
    const trigger = { method: 'GET', path: '/train$' };
    const input = await openTraining({ faults: [{ kind: 'reset-after', match: trigger, nth: 1 }] });
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('adopts a picture whose upload was not answered', async () => {
    const upload = { method: 'POST', path: '/images/upload' };
    const input = await openTraining({ faults: [{ kind: 'reset-after', match: upload, nth: 3 }] });
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.uploads).toHaveLength(12);
  });

  it('sends a trigger again that surely never arrived', async () => {
    const trigger = { method: 'GET', path: '/train$' };
    const input = await openTraining(
      { faults: [{ kind: 'reset-before', match: trigger, nth: 1 }] },
      { postMs: 200 },
    );
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('says why it does not go on, so that whoever looks need not wait for it', async () => {
    const input = await openTraining();
    const { ledger, environmentOf, activities, planOf } = studio!;
    await ledger.batches.setBudget(input.batch, studio!.access.key, 'credits', 1_000);
    const { account, fingerprint } = (await planOf(input, 'portraits', 1)).trainings[0]!;
    const environment = environmentOf();
    const training = environment.run(activities.trainModel, {
      ...input,
      step: 'portraits',
      account,
      fingerprint,
    });
    const status = () => ledger.reports.status(input.batch);
    await expect.poll(async () => (await status())?.isStopped, { timeout: 10_000 }).toBe(true);
    expect((await status())?.stops).toMatchObject([{ kind: 'budget', scope: 'batch' }]);
    await ledger.batches.setBudget(input.batch, studio!.access.key, 'credits', 1_000_000);
    expect(await training).toMatchObject({ kind: 'ready' });
    expect((await status())?.stops).toEqual([]);
  });
});

async function deleteModel(): Promise<void> {
  const port = studio!.access.provider.train!;
  const {
    entries: [model],
  } = await port.list();
  await port.delete(model?.id ?? '');
}

async function blockedWhys(): Promise<(string | null)[]> {
  const whys = [];
  for await (const { why } of studio!.ledger.reports.shots('anna', { states: ['blocked'] }))
    whys.push(why);
  return whys;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}
