import { expect, it } from 'vitest';
import { runWithKills } from '../../bench/killing.ts';

/** The short form of `npm run kills`. What a list that hides the requests leaves parked is in faults.test.ts. */
it('a batch whose processes are killed pays once, keeps every file and parks nothing when the list tells jobs apart', async () => {
  const report = await runWithKills({
    seed: 7,
    shots: 30,
    kills: 3,
    limitMs: 150_000,
    revealing: true,
    say: () => undefined,
  });
  expect(report.broken).toEqual([]);
  expect(report.killed).toEqual({ run: 1, worker: 1, server: 1 });
  expect(report).toMatchObject({ done: 30, parked: 0, accepted: 30, trainings: 1, uploads: 12 });
}, 180_000);
