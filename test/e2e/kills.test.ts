import { describe, expect, it } from 'vitest';
import { runWithKills } from '../../bench/killing.ts';

/** The short form of `npm run kills`; a killed worker is noticed after its heartbeat's 10 seconds. */
const short = { shots: 30, kills: 3, limitMs: 150_000, say: () => undefined };

describe.concurrent('a batch whose processes are killed', () => {
  it('pays once, keeps every file and parks nothing when the list tells jobs apart', async () => {
    const report = await runWithKills({ ...short, seed: 7, revealing: true });
    expect(report.broken).toEqual([]);
    expect(report.killed).toEqual({ run: 1, worker: 1, server: 1 });
    expect(report).toMatchObject({ done: 30, parked: 0, accepted: 30, trainings: 1, uploads: 12 });
  }, 180_000);

  it('pays once and shows what it had to park when the list hides what was asked for', async () => {
    const report = await runWithKills({ ...short, seed: 8, revealing: false });
    expect(report.broken).toEqual([]);
    expect(report.done + report.parked + report.behindParked).toBe(30);
    expect(report.parkedShots).toHaveLength(report.parked);
    expect(report).toMatchObject({ acceptedTwice: 0, unknownJobs: 0, trainings: 1, uploads: 12 });
  }, 180_000);
});
