import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/simulator/index.ts';
import { openTraining, images, until } from './training-stage.ts';

const modelGet = { method: 'GET', path: '/models/[^/]+$' };
const upload = { method: 'POST', path: '/images/upload' };
const ofNoUse: Fault = { kind: 'error-before', match: modelGet, status: 400 };
const noTime = { trainingMs: 60_000 };
/** Of the ledger's time, which passes quickly. */
const limits = { trainingMs: 20 * 60_000 };

describe.concurrent('a vendor whose answers about a model are of no use', () => {
  it('is not waited for past the time limit of a training, whose money stays reserved', async () => {
    await using stage = await openTraining(noTime, limits);
    const { simulator } = stage.studio;
    const training = stage.train(await stage.startRun());
    await until(async () => (await stage.submissions())[0]?.state === 'submitted');
    simulator.settings.faults = [ofNoUse];
    expect(await stage.whileTimePasses(training)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(
      Array(2).fill(
        expect.stringMatching(/^after its time limit: .* 400.*a later run looks again$/),
      ),
    );
    expect(await stage.submissions()).toMatchObject([{ state: 'stalled' }]);
    expect(await stage.money()).toMatchObject({ spent: 0, ambiguous: 300_000 });
    // A later run asks again, and pays nothing.
    simulator.settings.faults = [];
    expect(await stage.trainOnce(await stage.startRun())).toEqual({ kind: 'failed' });
    expect(stage.trainings()).toHaveLength(1);
  });

  it('keeps a cancelled batch no longer than the time limit of its training', async () => {
    await using stage = await openTraining(noTime, limits);
    const { simulator, ledger } = stage.studio;
    const run = await stage.startRun();
    const training = stage.train(run);
    await until(async () => (await stage.submissions())[0]?.state === 'submitted');
    simulator.settings.faults = [ofNoUse];
    await ledger.batches.setState(run.batch, 'cancelled', ['running']);
    await stage.whileTimePasses(training);
    expect(await stage.submissions()).toMatchObject([{ state: 'stalled' }]);
  });

  it('blocks the shots of a model that is ready, which is neither forgotten nor paid for again', async () => {
    await using stage = await openTraining({}, limits);
    const { simulator } = stage.studio;
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    simulator.settings.faults = [ofNoUse];
    const again = stage.train(await stage.startRun());
    expect(await stage.whileTimePasses(again)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(
      Array(2).fill(expect.stringContaining('the state of the model Anna is not known')),
    );
    simulator.settings.faults = [];
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    expect(stage.trainings()).toEqual(['success']);
  });

  it('leaves to a person what was sent and not answered, its money kept', async () => {
    const trigger = { method: 'GET', path: '/train$' };
    await using stage = await openTraining(
      { faults: [{ kind: 'reset-after', match: trigger, nth: 1 }], ...noTime },
      { ...limits, postMs: 300 },
    );
    stage.change({
      check: async () => {
        if (stage.trainings().length === 0) return { phase: 'new' };
        throw new Error('not to be read');
      },
    });
    const isTriggered = () => stage.trainings().length === 1;
    const training = stage.train(await stage.startRun());
    expect(await stage.whileTimePasses(training, isTriggered)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(
      Array(2).fill(expect.stringMatching(/not to be read; shotlist resolve anna$/)),
    );
    expect(await stage.submissions()).toMatchObject([{ state: 'parked' }]);
    expect(await stage.money()).toMatchObject({ spent: 0, ambiguous: 300_000 });
  });

  it('fails what it does not let be made, after ten minutes and few tries', async () => {
    await using stage = await openTraining({
      faults: [{ kind: 'error-before', match: upload, status: 500 }],
    });
    const training = stage.train(await stage.startRun());
    expect(await stage.whileTimePasses(training)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(Array(2).fill(expect.stringContaining('500')));
    expect(stage.studio.simulator.book.models).toHaveLength(1);
    expect(await stage.submissions()).toEqual([]);
  });

  it('fails an image that it refuses, also after an earlier training has failed', async () => {
    await using stage = await openTraining({ faults: [{ kind: 'job-fails', nth: 1 }] });
    const { simulator } = stage.studio;
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'failed' });
    simulator.settings.faults = [{ kind: 'error-before', match: upload, status: 400 }];
    expect(await stage.trainOnce(await stage.startRun())).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(Array(2).fill(expect.stringContaining('400')));
    simulator.settings.faults = [];
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
  });

  it('is given one model in a run where it shows none that it made, and its list none either', async () => {
    await using stage = await openTraining();
    const { check, list } = stage.port;
    const { book } = stage.studio.simulator;
    stage.change({
      check: () => Promise.resolve({ phase: 'missing' }),
      list: () => Promise.resolve({ entries: [], unreadable: 0 }),
    });
    const training = stage.train(await stage.startRun());
    const isMade = () => book.uploads.length >= images;
    expect(await stage.whileTimePasses(training, isMade)).toEqual({ kind: 'failed' });
    expect(await stage.whys()).toEqual(
      Array(2).fill('the vendor does not show the model Anna that it made'),
    );
    expect(book.models).toHaveLength(1);
    expect(book.uploads).toHaveLength(images);
    // A later run makes another one.
    stage.change({ check, list });
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    expect(book.models).toHaveLength(2);
  });

  it('is given time to show a model that it has just made', async () => {
    await using stage = await openTraining();
    const { check, list } = stage.port;
    const { book } = stage.studio.simulator;
    let looks = 0;
    stage.change({
      check: async (id) => (++looks < 4 ? { phase: 'missing' } : await check(id)),
      list: async () => (looks < 4 ? { entries: [], unreadable: 0 } : await list()),
    });
    expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
    expect(book.models).toHaveLength(1);
  });
});
