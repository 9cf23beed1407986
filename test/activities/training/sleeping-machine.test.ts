import { describe, expect, it } from 'vitest';
import { openTraining, until } from './training-stage.ts';

describe.concurrent('a machine that sleeps while a model trains', () => {
  it('does not end a training whose time limit passed in its sleep', async () => {
    await using stage = await openTraining({ trainingMs: 2_500 }, { trainingMs: 20_000 });
    const trained = stage.train(await stage.startRun());
    await until(async () => (await stage.submissions())[0]?.state === 'submitted');
    stage.studio.clock.aheadMs += 60_000;
    expect(await trained).toMatchObject({ kind: 'ready' });
    expect(await stage.whys()).toEqual([]);
  });
});
