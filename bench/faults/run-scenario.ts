import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { packageRoot } from '../../src/temporal/package-root.ts';
import { openStage, type Stage } from '../stage.ts';
import { Company } from './company.ts';
import { batchFile } from './crew.ts';
import { compareBooks, type Books } from './compare-books.ts';
import type { Scenario } from './scenario.ts';

export interface RunReport extends Books {
  readonly seed: number;
  /** Injected by the simulator, and done to our own processes, by kind. */
  readonly injected: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly hung: boolean;
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** With the logs of all processes; null where it was not to be kept. */
  readonly folder: string | null;
}

export interface RunOptions {
  /** Root of the program that is run; a mutant's is another. */
  readonly program: string;
  readonly limitMs: number;
  readonly keep: boolean;
}

/** Runs one scenario through the real command line to its end, and compares the four books. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunReport> {
  const startedAt = Date.now();
  const { program } = options;
  const stage = await openStage({
    program,
    simulator: { ...scenario.simulator, faults: [...scenario.faults] },
    accounts: scenario.accounts,
  });
  try {
    furnish(stage, scenario);
    const company = new Company(stage, scenario, {
      program,
      deadline: startedAt + options.limitMs,
    });
    const late = await company.runToTheEnd();
    await untilCarriedOut(stage);
    const books = await compareBooks(company, company.done);
    const broken = late === undefined ? books.broken : [late, ...books.broken];
    return {
      ...books,
      broken,
      seed: scenario.seed,
      injected: injectedIn((await stage.book()).faults, scenario, company),
      kills: company.kills,
      hung: late !== undefined,
      seconds: (Date.now() - startedAt) / 1_000,
      startedAt,
      folder: options.keep ? stage.folder : null,
    };
  } finally {
    await stage.close({ keep: options.keep });
  }
}

/** What a vendor takes its time to accept counts, though nobody waits for it any more. */
async function untilCarriedOut(stage: Stage): Promise<void> {
  for (let looks = 0; looks < 1_000; looks += 1) {
    if ((await stage.book()).underWay === 0) return;
    await wait(100);
  }
}

function furnish(stage: Stage, scenario: Scenario): void {
  const images = join(packageRoot(), 'batches', 'training', 'anna');
  const [image = ''] = readdirSync(images).toSorted();
  cpSync(join(images, image), join(stage.folder, 'product.jpg'));
  writeFileSync(join(stage.folder, batchFile), stringify(scenario.document));
}

/** A vendor's clock that is off from the start to the end is one fault. */
function injectedIn(
  faults: Readonly<Record<string, number>>,
  { simulator }: Scenario,
  { done }: Company,
): Record<string, number> {
  const isOff = (simulator.clockAheadMs ?? 0) !== 0;
  return { ...faults, ...done, ...(isOff && { 'vendor’s clock is off': 1 }) };
}
