import { afterEach, describe, expect, it } from 'vitest';
import type { TrainModelResult } from '../../../src/activities/training/train-model.ts';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import type { Twist } from '../../http/twist.ts';
import type { Studio } from '../studio.ts';
import { openTraining as openStage, portrait, until } from './training-stage.ts';

let stage: Awaited<ReturnType<typeof openStage>> | undefined;
let studio: Studio | undefined;
afterEach(async () => {
  await stage?.[Symbol.asyncDispose]();
  stage = studio = undefined;
});

async function openTraining(
  settings: Parameters<typeof openStage>[0] = {},
  timeouts: Parameters<typeof openStage>[1] = {},
  batch = portrait,
  twist?: Twist,
): Promise<RunInput> {
  stage = await openStage(settings, timeouts, { batch, twist });
  ({ studio } = stage);
  return await stage.startRun();
}

const likeThese = `${portrait.replace('}, { place: Oslo }', ', like: training/0.jpg }, { place: Oslo, like: training/1.jpg }')}    references: ["{{ like }}"]
`;

const train = (input: RunInput): Promise<TrainModelResult> => stage!.train(input);

/** The same while time passes quickly, for as long as something is so. */
const trainFast = (input: RunInput, isSo: () => boolean): Promise<TrainModelResult> =>
  stage!.whileTimePasses(train(input), isSo);

const isNotMadeAgain = () => studio!.simulator.book.models.length === 1;
const isTriggered = () => trainings().length === 1;
const trainings = () => stage!.trainings();
const money = () => stage!.money();
const blockedWhys = () => stage!.whys();
const modelGet = { method: 'GET', path: '/models/[^/]+$' };
const trigger = { method: 'GET', path: '/train$' };

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
    expect(await trainFast(again, isNotMadeAgain)).toEqual({ kind: 'ready' });
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
    expect(await trainFast(again, isNotMadeAgain)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill(expect.stringContaining('the accepted plan does not pay')),
    );
    expect(studio!.simulator.book.trainings).toHaveLength(1);
    // Accepted with another plan, it goes on where it was: the images are there.
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.uploads).toHaveLength(24);
    expect(studio!.simulator.book.trainings).toHaveLength(2);
  });

  it('does not pay again because one answer says that a model is gone', async () => {
    const input = await openTraining();
    await train(input);
    studio!.simulator.settings.faults = [{ kind: 'not-found', match: modelGet, count: 1 }];
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.trainings).toHaveLength(1);
  });

  it('does not pay again while the list of models shows one that no answer knows', async () => {
    const input = await openTraining();
    await train(input);
    studio!.simulator.settings.faults = [{ kind: 'not-found', match: modelGet, forMs: 1_500 }];
    expect(await trainFast(await studio!.startRun(portrait), () => true)).toEqual({
      kind: 'ready',
    });
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

  it('tells the shots what the vendor said against a training image', async () => {
    const match = { method: 'POST', path: '/images/upload' };
    const input = await openTraining({
      faults: [{ kind: 'error-before', match, status: 400, nth: 3 }],
    });
    expect(await train(input)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill('PhotoGPT answered 400: bad request; request failed'),
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

  it('adopts an image whose upload was not answered', async () => {
    const upload = { method: 'POST', path: '/images/upload' };
    const input = await openTraining({ faults: [{ kind: 'reset-after', match: upload, nth: 3 }] });
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(studio!.simulator.book.uploads).toHaveLength(12);
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

describe('a training whose fate is in doubt', () => {
  const lost: Fault = { kind: 'reset-after', match: trigger, nth: 1 };
  const missing = (nth: number): Fault => ({ kind: 'not-found', match: modelGet, nth });

  it.each<[string, Fault[]]>([
    ['its answer was lost', [lost]],
    ['its answer was lost and one question was answered 404', [lost, missing(2)]],
    ['one question after it was answered 404', [missing(2)]],
    ['its answer was an error page', [{ kind: 'html-after', match: trigger, nth: 1 }]],
  ])('is paid once when %s', async (_, faults) => {
    const input = await openTraining({ faults, trainingMs: 600 }, { postMs: 300 });
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(trainings()).toEqual(['success']);
    expect(await money()).toMatchObject({ spent: 300_000, ambiguous: 0, reserved: 0 });
  });

  it('is paid once when a gateway sent it twice and told of the second', async () => {
    const input = await openTraining();
    const port = studio!.access.provider.train!;
    const { start } = port;
    Object.assign(port, {
      start: async (...words: Parameters<typeof start>) => {
        await start(...words);
        await start(...words);
      },
    });
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(trainings()).toEqual(['success']);
    expect(await money()).toMatchObject({ spent: 300_000, ambiguous: 0 });
  });

  it('is paid once when the model says for a while that it is new', async () => {
    const input = await openTraining({ faults: [lost] }, { postMs: 300, trainingPollMs: 2_000 });
    queueFor(3);
    expect(await train(input)).toEqual({ kind: 'ready' });
    expect(trainings()).toEqual(['success']);
    expect(await money()).toMatchObject({ spent: 300_000, ambiguous: 0 });
  });

  it('is left to a person, its money kept, when the model stays new', async () => {
    const input = await openTraining({ faults: [lost] }, { postMs: 300 });
    queueFor(Infinity);
    expect(await trainFast(input, isTriggered)).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill(expect.stringContaining('shotlist resolve anna')),
    );
    expect(await money()).toMatchObject({ spent: 0, ambiguous: 300_000 });
    expect(trainings()).toHaveLength(1);
    // A later run asks the vendor before anybody pays again.
    queueFor(0);
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(trainings()).toEqual(['success']);
    expect(await money()).toMatchObject({ spent: 300_000, ambiguous: 0 });
  });

  it('is found by the next run when its refusal was not the last word', async () => {
    const input = await openTraining();
    const port = studio!.access.provider.train!;
    const { start } = port;
    Object.assign(port, {
      start: async (...words: Parameters<typeof start>) => {
        Object.assign(port, { start });
        await start(...words);
        await start(...words);
      },
    });
    queueFor(Infinity);
    expect(await train(input)).toEqual({ kind: 'failed' });
    queueFor(0);
    expect(await train(await studio!.startRun(portrait))).toEqual({ kind: 'ready' });
    expect(trainings()).toEqual(['success']);
    expect(await money()).toMatchObject({ spent: 300_000, ambiguous: 0, reserved: 0 });
  });

  it('is not released when the vendor cannot be reached after a refusal', async () => {
    const away: Fault = { kind: 'error-before', match: modelGet, nth: [2, 3] };
    const refused: Fault = { kind: 'rate-limit', match: trigger, nth: 1, seconds: 1 };
    const input = await openTraining({ faults: [refused, away] });
    const isRefused = () => studio!.simulator.book.faults['rate-limit'] === 1;
    expect(await trainFast(input, isRefused)).toEqual({ kind: 'failed' });
    expect(await money()).toMatchObject({ ambiguous: 300_000 });
    expect(trainings()).toEqual([]);
  });

  it('fails when the vendor has not had its model for ten minutes, and its list has not either', async () => {
    const input = await openTraining({ trainingMs: 60_000 }, { trainingMs: 3_600_000 });
    const running = trainFast(input, isTriggered);
    await until(() => trainings().length === 1);
    await deleteModel();
    expect(await running).toEqual({ kind: 'failed' });
    expect(await blockedWhys()).toEqual(
      Array(2).fill(expect.stringContaining('no longer has the model')),
    );
    expect(await money()).toMatchObject({ spent: 300_000 });
  });
});

/** The vendor shows the model as new for so many more questions. */
function queueFor(questions: number): void {
  const port = studio!.access.provider.train!;
  const own = Object.getOwnPropertyDescriptor(port, 'asked')?.value as typeof port.check;
  const check = own ?? port.check;
  let left = questions;
  Object.defineProperty(port, 'asked', { value: check, configurable: true });
  Object.assign(port, {
    check: async (id: string) => (--left >= 0 ? { phase: 'new' } : await check(id)),
  });
}

async function deleteModel(): Promise<void> {
  const port = studio!.access.provider.train!;
  const {
    entries: [model],
  } = await port.list();
  await port.delete(model?.id ?? '');
}
