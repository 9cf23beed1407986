import { describe, expect, it } from 'vitest';
import { runScenario } from '../../bench/faults/run-scenario.ts';
import { drawScenario } from '../../bench/faults/scenario.ts';
import { packageRoot } from '../../src/temporal/package-root.ts';

/**
 * The short form of `npm run faults`: a worker of its own at a vendor that lists its jobs, and a run alone at
 * one that does not; both die.
 */
const options = { program: packageRoot(), limitMs: 100_000, keep: false };

describe.concurrent('a batch under faults that a seed draws', () => {
  it.each([769, 994])(
    'keeps every promise with seed %d',
    async (seed) => {
      const { broken, hung } = await runScenario(drawScenario(seed), options);
      expect(broken).toEqual([]);
      expect(hung).toBe(false);
    },
    120_000,
  );
});
