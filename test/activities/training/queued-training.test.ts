import { describe, expect, it } from 'vitest';
import { openTraining } from './training-stage.ts';

const trigger = { method: 'GET', path: '/train$' };
const hour = 3_600_000;

/** A training that was parked, because its answer was lost and it waited in the vendor's queue. */
async function openParked() {
  const faults = [{ kind: 'reset-after', match: trigger, nth: 1 } as const];
  const stage = await openTraining({ faults }, { postMs: 300, trainingMs: hour / 4 });
  const { check } = stage.port;
  stage.change({ check: () => Promise.resolve({ phase: 'new' }) });
  const isTriggered = () => stage.trainings().length === 1;
  const first = stage.train(await stage.startRun());
  expect(await stage.whileTimePasses(first, isTriggered)).toEqual({ kind: 'failed' });
  expect(await stage.submissions()).toMatchObject([{ state: 'parked' }]);
  // It began late, and trains for some more looks.
  let looks = 0;
  stage.change({
    check: async (id) => (++looks < 4 ? { phase: 'training' } : await check(id)),
  });
  stage.studio.clock.passedMs += hour;
  return stage;
}

describe.concurrent(
  'a training that waited in the vendor’s queue for longer than its time limit',
  () => {
    it('is waited for by the run that finds it training', async () => {
      await using stage = await openParked();
      expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
      expect(stage.trainings()).toEqual(['success']);
      expect(await stage.money()).toMatchObject({ spent: 300_000, ambiguous: 0 });
    });

    it('is waited for after a person has said that it trains', async () => {
      await using stage = await openParked();
      const { ledger } = stage.studio;
      const [{ submission } = { submission: '' }] = await stage.submissions();
      const jobId = stage.studio.simulator.book.models[0]?.id ?? '';
      const times = { nextPollInMs: 0, giveUpInMs: hour };
      const word = { kind: 'job', job: { model: jobId }, jobId, ...times } as const;
      expect(await ledger.submissions.resolve(submission, word)).toEqual(['anna']);
      expect(await stage.train(await stage.startRun())).toEqual({ kind: 'ready' });
      expect(stage.trainings()).toEqual(['success']);
    });

    it('is told to be waited for from when it was found on', async ({ expect }) => {
      await using stage = await openParked();
      const { ledger, clock } = stage.studio;
      stage.change({ check: () => Promise.resolve({ phase: 'training' }) });
      const training = stage.train(await stage.startRun());
      const waits = () => ledger.reports.waits('anna');
      await expect.poll(waits).toMatchObject([{ kind: 'training', count: 1 }]);
      const [wait] = await waits();
      expect(wait?.last).toBe(wait?.since);
      clock.passedMs += hour;
      expect(await training).toEqual({ kind: 'failed' });
      expect(await stage.submissions()).toMatchObject([{ state: 'stalled' }]);
    });
  },
);
