import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainModelResult } from '../../src/activities/train-model.ts';
import type { RunInput } from '../../src/activities/own-work.ts';
import { openStudio, type Studio } from './studio.ts';

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
): Promise<RunInput> {
  studio = await openStudio(settings, timeouts);
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
});
