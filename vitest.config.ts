import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What mostly waits for other processes: it starts first, and the rest runs meanwhile. */
const whole = ['e2e', 'temporal', 'workflows', 'replay', 'commands'];
const slowest = [
  'e2e/moved',
  'e2e/signals',
  'e2e/lost-bytes',
  'e2e/steering',
  'e2e/faults',
  'e2e/kills',
  'workflows/batch',
  'e2e/money',
  'activities/vendor-errors',
  'e2e/prices',
  'activities/training/train-model',
  'activities/throttle/availability',
  'activities/reconcile/settle',
  'e2e/account-failure',
  'temporal/embedded',
  'e2e/keys',
  'e2e/collect',
  'activities/refusals',
];

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = slowest.findIndex((name) => moduleId.includes(`test/${name}.`));
      return index === -1 ? slowest.length : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // More than cores: see `whole`.
    maxWorkers: 4,
    sequence: { sequencer: SlowestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes in a moment, on a machine that has nothing else to do.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'whole',
          include: whole.map((module) => `test/${module}/**/*.test.ts`),
          globalSetup: ['test/global-setup.ts'],
          // A machine that is busy with other things starts a process in ten seconds, not in one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'modules',
          include: ['test/**/*.test.ts'],
          exclude: whole.map((module) => `test/${module}/**`),
          // They leave nothing behind in their process, so it is not started again for each file.
          isolate: false,
        },
      },
    ],
  },
});
