import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainModelResult } from '../../../src/activities/training/train-model.ts';
import type { Price } from '../../../src/money.ts';
import { openStudio, type Studio } from '../studio.ts';

const minute = 60_000;
const images = Array.from({ length: 12 }, (_, index) => `${index}.jpg`);

let studio: Studio;
afterEach(async () => studio.close());

const drawn = (name: string, prompt: string): string => `batch: ${name}
steps:
  draw: { model: "photogpt:nanobanana", prompt: ${prompt}, name: one }
`;
const portrait = `batch: anna
models:
  anna:
    train: { account: photogpt, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  portraits: { model: anna, prompt: Anna in Lisbon, name: one }
`;

/** A project whose ledger knows one job and nothing of what was sent since: a training, or nothing. */
async function openRestored(sent: 'a training' | 'nothing'): Promise<void> {
  // What is made now is then surely later.
  const agoMs = sent === 'nothing' ? 5 * minute : 0;
  studio = await openStudio({ revealing: true });
  const trainingPrice: Price = { amount: 300_000, unit: 'credits', basis: 'assumed' };
  Object.assign(studio.access, { trainingPrice });
  mkdirSync(join(studio.home, 'training'));
  for (const [index, name] of images.entries())
    await sharp({
      create: { width: 64, height: 64, channels: 3, background: { r: index * 20, g: 90, b: 40 } },
    })
      .jpeg()
      .toFile(join(studio.home, 'training', name));
  await studio.runStep(await studio.startRun(drawn('known', 'a cup')), 'draw');
  const from = Date.now() - agoMs;
  if (sent === 'a training') await sendTraining();
  await studio.ledger.gaps.add({ from, to: Date.now() - agoMs, why: 'a backup was restored' });
  studio.clock.passedMs += 3 * minute;
  studio.restart(3 * minute);
}

/** As another ledger sends it, that is lost since. */
async function sendTraining(): Promise<void> {
  const port = studio.access.provider.train;
  if (!port) throw new Error('the vendor trains no models');
  const id = await port.create({ name: 'Anna', subject: { gender: 'Female', age: 29 } });
  for (const name of images) {
    const path = join(studio.home, 'training', name);
    const file = { sha256: name, mime: 'image/jpeg', bytes: statSync(path).size, name, path };
    await port.addImage(id, { ...file, trainedModel: undefined });
  }
  await port.start(id, { sendBy: Infinity, timeoutMs: 5_000, now: Date.now });
}

/** While it waits for the vendor to tell, time passes quickly. */
async function train(): Promise<TrainModelResult> {
  const input = await studio.startRun(portrait);
  const [training] = (await studio.planOf(input, 'portraits', 1)).trainings;
  if (!training) throw new Error('no training is needed');
  const { account, fingerprint } = training;
  const triggerOf = async () => (await studio.ledger.remotes.model(account, fingerprint))?.trigger;
  const passing = setInterval(() => {
    void triggerOf().then((trigger) => {
      if (trigger?.state === 'ambiguous') studio.clock.passedMs += 1_000;
    });
  }, 20);
  try {
    return await studio
      .environmentOf()
      .run(studio.activities.trainModel, { ...input, step: 'portraits', account, fingerprint });
  } finally {
    clearInterval(passing);
  }
}
const trainings = (): number => studio.simulator.book.trainings.length;

describe('a training that may have been sent in a time that the ledger does not know', () => {
  it.each([
    ['first of all', []],
    ['after the list of jobs has shown no unknown one', ['a fox']],
  ])('is left to a person where an unknown model was made then, asked for %s', async (_, jobs) => {
    await openRestored('a training');
    for (const prompt of jobs)
      await studio.runStep(await studio.startRun(drawn('zoo', prompt)), 'draw');
    expect(await train()).toEqual({ kind: 'failed' });
    expect(trainings()).toBe(1);
    expect(await studio.ledger.reports.unresolved('anna')).toMatchObject([
      { why: expect.stringMatching(/^it may have been sent from/) },
    ]);
  });

  it('is sent where no unknown model was made then', async () => {
    await openRestored('nothing');
    await studio.runStep(await studio.startRun(drawn('zoo', 'a fox')), 'draw');
    expect(await train()).toEqual({ kind: 'ready' });
    expect(trainings()).toBe(1);
  });
});
