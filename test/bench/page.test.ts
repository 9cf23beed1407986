import { expect, it } from 'vitest';
import { formatPage } from '../../bench/faults/page.ts';
import type { RunReport } from '../../bench/faults/run-scenario.ts';
import { formatTable, sumUp } from '../../bench/faults/table.ts';

const report: RunReport = {
  seed: 7,
  shots: 10,
  done: 8,
  failed: 0,
  parked: 2,
  parkedFor: { 'the vendor does not list its jobs': 2 },
  parkedInVain: 1,
  accepted: 9,
  repeats: 1,
  damaged: 0,
  withheld: 1,
  duplicates: 0,
  lost: 0,
  overruns: 0,
  broken: ['stills/a is parked, though its request was refused with 429'],
  injected: { 'list lags': 3, 'killed the run': 1 },
  kills: 1,
  hung: false,
  seconds: 60,
  startedAt: 0,
  folder: null,
};
const other = { ...report, seed: 8, startedAt: 30_000, broken: [], parkedInVain: 0 };
const sum = sumUp([report, other]);

it('a campaign counts runs, kinds and reasons', () => {
  expect(sum).toMatchObject({
    runs: 2,
    injected: 8,
    parkedInVain: 1,
    wallSeconds: 90,
    parkedFor: { 'the vendor does not list its jobs': 4 },
    red: [{ seed: 7 }],
    kinds: { 'list lags': { injected: 6, runs: 2, parkedInVain: 1 } },
  });
});

it('the page has the figures, the reasons, a row for each kind, and the planted bugs', () => {
  const page = formatPage(sum, 'npm run faults -- --seed 7 --runs 2');
  expect(page).toContain('| **shots parked in vain** | **1** |');
  expect(page).toContain('20.0 % of all shots wait for a person');
  expect(page).toContain('| the vendor does not list its jobs | 4 |');
  expect(page).toContain('| killed the run | 2 | 2 | 0 | 0 | 0 | 0 | 1 |');
  expect(page).toContain('- a blind retry of a 500');
});

it('the table tells each run that broke a promise', () => {
  expect(formatTable(sum)).toContain('RED seed 7: stills/a is parked');
});
