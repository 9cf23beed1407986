import { afterEach, describe, expect, it } from 'vitest';
import type { RunShotsResult } from '../../../src/activities/range-runner.ts';
import { openStudio, type Studio } from '../studio.ts';

const images = `batch: herd
steps:
  draw:
    rows: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }, { n: 6 }, { n: 7 }, { n: 8 },
      { n: 9 }, { n: 10 }, { n: 11 }, { n: 12 }]
    model: photogpt:nanobanana
    prompt: sheep number {{ n }}
`;

let studio: Studio;
afterEach(async () => studio.close());

const jobMs = 3_000;

/** Each shot in a range of its own, all at once, as a small batch runs; answers its requests by route. */
async function runApart(inFlight: number, faults: Parameters<typeof openStudio>[0] = {}) {
  studio = await openStudio(
    { jobMs, jitter: 0.1, ...faults },
    { pollFirstMs: 100, pollMs: 400 },
    { inFlight },
  );
  const input = await studio.startRun(images);
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const { runShots } = studio.activities;
  const runOne = async (from: number): Promise<RunShotsResult> => {
    const range = { ...input, lane, account, from, to: from + 1, reportAfterMs: null };
    return await studio.environmentOf().run(runShots, range);
  };
  const results = await Promise.all(Array.from({ length: 12 }, (_, from) => runOne(from)));
  expect(results.map(({ kind }) => kind)).toEqual(Array(12).fill('done'));
  const { requests } = studio.simulator.book;
  const of = (route: string): number => requests[`GET /photogpt/jobs${route} 200`] ?? 0;
  return { lists: of(''), checks: of('/:id') };
}

describe('polls of many jobs', () => {
  it('are answered by one list, also for shots in ranges of their own', async () => {
    const { lists, checks } = await runApart(100);
    // Alone, each job would be asked for about every 400 ms.
    const alone = 12 * (jobMs / 400);
    expect(lists).toBeGreaterThan(0);
    expect(lists + checks).toBeLessThan(alone * 0.8);
    expect(studio.simulator.book.accepted).toHaveLength(12);
  }, 20_000);

  it('ask for each job where the list cannot be had', async () => {
    const { lists, checks } = await runApart(100, {
      faults: [{ kind: 'error-before', match: { method: 'GET', path: '/jobs$' } }],
    });
    expect(lists).toBe(0);
    expect(checks).toBeGreaterThanOrEqual(12);
  }, 20_000);

  it('ask for each job where there are few', async () => {
    expect((await runApart(4, { jobMs: 300 })).lists).toBe(0);
  });
});
