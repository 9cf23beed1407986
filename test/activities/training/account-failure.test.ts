import { describe, expect, it } from 'vitest';
import { openTraining, images, until } from './training-stage.ts';

const stopped = {
  isStopped: true,
  blocks: [{ reason: 'badKey' }],
  stops: [{ kind: 'block', block: 'badKey' }],
};

describe.concurrent('a training at an account in problem', () => {
  it('stops before anything is made where the key is refused, and goes on once it is fixed', async () => {
    await using stage = await openTraining({ keys: ['another'] });
    const { simulator, ledger } = stage.studio;
    const run = await stage.startRun();
    const training = stage.train(run);
    await until(async () => ((await stage.status())?.stops.length ?? 0) > 0);
    expect(await stage.status()).toMatchObject(stopped);
    expect(Object.keys(simulator.book.requests)).toEqual(['GET /photogpt/ping 401']);
    simulator.settings.keys = null;
    await ledger.batches.clearBlocks(run.batch);
    expect(await training).toEqual({ kind: 'ready' });
    expect(await stage.status()).toMatchObject({ stops: [] });
    expect(simulator.book.models).toHaveLength(1);
    expect(simulator.book.uploads).toHaveLength(images);
  });

  it('stops where the key is refused while images are uploaded', async () => {
    const upload = { method: 'POST', path: '/images/upload' };
    await using stage = await openTraining({
      faults: [{ kind: 'unauthorized', match: upload, nth: 3 }],
    });
    const { ledger } = stage.studio;
    const run = await stage.startRun();
    expect(await stage.trainOnce(run)).toMatchObject({ kind: 'again' });
    expect(await stage.status()).toMatchObject(stopped);
    await ledger.batches.clearBlocks(run.batch);
    expect(await stage.train(run)).toEqual({ kind: 'ready' });
    expect(await stage.status()).toMatchObject({ stops: [] });
  });

  it('stops where the key is refused while it trains, keeps its money, and goes on later', async () => {
    await using stage = await openTraining();
    const { simulator, ledger } = stage.studio;
    const { check } = stage.port;
    stage.change({
      check: async (id) => {
        const isTriggered = stage.trainings().length > 0;
        simulator.settings.faults = isTriggered ? [{ kind: 'unauthorized' }] : [];
        return await check(id);
      },
    });
    const run = await stage.startRun();
    expect(await stage.trainOnce(run)).toMatchObject({ kind: 'again' });
    expect(await stage.status()).toMatchObject(stopped);
    expect(await stage.money()).toMatchObject({ reserved: 300_000, spent: 0 });
    stage.change({ check });
    simulator.settings.faults = [];
    await ledger.batches.clearBlocks(run.batch);
    expect(await stage.train(run)).toEqual({ kind: 'ready' });
    expect(await stage.status()).toMatchObject({ stops: [] });
    expect(stage.trainings()).toEqual(['success']);
  });
});
