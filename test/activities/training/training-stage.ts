import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { TrainModelResult } from '../../../src/activities/training/train-model.ts';
import type { TrainModelInput } from '../../../src/activities/training/training.ts';
import type { Price } from '../../../src/money.ts';
import type { TrainingPort } from '../../../src/providers/port.ts';
import type { Twist } from '../../http/twist.ts';
import { openStudio } from '../studio.ts';

export const portrait = `batch: anna
models:
  anna:
    train: { account: photogpt, images: "training/*", name: Anna, gender: Female, age: 29 }
steps:
  portraits:
    rows: [{ place: Lisbon }, { place: Oslo }]
    model: anna
    prompt: Anna in {{ place }}
`;
const trainingPrice: Price = { amount: 300_000, unit: 'credits', basis: 'assumed' };
export const images = 12;

/** A studio of its own with a batch that trains a model, so that tests may run beside each other. */
export async function openTraining(
  settings: Parameters<typeof openStudio>[0] = {},
  timeouts: Parameters<typeof openStudio>[1] = {},
  { batch = portrait, twist }: { readonly batch?: string; readonly twist?: Twist | undefined } = {},
) {
  const studio = await openStudio(settings, timeouts, {}, twist && { twist });
  Object.assign(studio.access, { trainingPrice });
  const { simulator, ledger } = studio;
  mkdirSync(join(studio.home, 'training'));
  for (let index = 0; index < images; index++)
    await sharp({
      create: { width: 64, height: 64, channels: 3, background: { r: index * 20, g: 90, b: 40 } },
    })
      .jpeg()
      .toFile(join(studio.home, 'training', `${index}.jpg`));
  const port = studio.access.provider.train;
  if (!port) throw new Error('the vendor trains no models');
  const startRun = (): Promise<RunInput> => studio.startRun(batch);

  async function planned(input: RunInput): Promise<TrainModelInput> {
    const [training] = (await studio.planOf(input, 'portraits', 1)).trainings;
    if (!training) throw new Error('no training is needed');
    const { account, fingerprint } = training;
    return { ...input, step: 'portraits', account, fingerprint };
  }
  const activity = (input: TrainModelInput): Promise<TrainModelResult> =>
    studio.environmentOf().run(studio.activities.trainModel, input);

  /** One activity, as the workflow starts it. */
  async function trainOnce(input: RunInput): Promise<TrainModelResult> {
    return await activity(await planned(input));
  }

  /** As the workflow does, until it is over. */
  async function train(input: RunInput): Promise<TrainModelResult> {
    const asked = await planned(input);
    for (;;) {
      const result = await activity(asked);
      if (result.kind !== 'again') return result;
    }
  }

  return {
    studio,
    port,
    /** The training that a run of the batch needs; undefined before it starts, and once it is ready. */
    async training() {
      const row = await ledger.batches.get('anna');
      return (
        row && (await ledger.plans.neededTrainings('anna', row.run, 'portraits'))[0]?.choice.set
      );
    },
    startRun,
    trainOnce,
    train,
    /** Time passes quickly, a minute every 20 ms, while something is so. Not while a paid request leaves. */
    async whileTimePasses<Result>(
      work: Promise<Result>,
      isSo: () => boolean = () => true,
    ): Promise<Result> {
      const passing = setInterval(() => {
        if (isSo()) studio.clock.passedMs += 60_000;
      }, 20);
      try {
        return await work;
      } finally {
        clearInterval(passing);
      }
    },
    /** Changes calls to the vendor on their way. */
    change: (calls: Partial<TrainingPort>): void => void Object.assign(port, calls),
    trainings: () => simulator.book.trainings.map(({ state }) => state),
    status: () => ledger.reports.status('anna'),
    money: async () => (await ledger.reports.status('anna'))?.accounts[0],
    submissions: () => Array.fromAsync(ledger.reports.submissions('anna')),
    /** Why each shot that is blocked is. */
    async whys(): Promise<readonly (string | null)[]> {
      const shots = await Array.fromAsync(ledger.reports.shots('anna', { states: ['blocked'] }));
      return shots.map(({ why }) => why);
    },
    async deleteModel(): Promise<void> {
      const [model] = (await port.list()).entries;
      await port.delete(model?.id ?? '');
    },
    [Symbol.asyncDispose]: () => studio.close(),
  };
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}
