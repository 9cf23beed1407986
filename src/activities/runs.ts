import { type OrphanedWork, orphanedWork } from './orphans.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { askAfterAllRefunds } from './late-refunds.ts';
import { checkLedger, type RunInput } from './own-work.ts';

export interface RunSteps {
  readonly steps: readonly { readonly name: string; readonly from: readonly string[] }[];
  /** Paid work of earlier runs that no step of this run would collect. */
  readonly orphaned?: readonly OrphanedWork[];
}

/**
 * The steps of a run in file order; none if another run has replaced it. Refunds due from earlier
 * runs are checked first, since this run's budget may need them.
 */
export async function openRun(deps: ActivityDependencies, input: RunInput): Promise<RunSteps> {
  checkLedger(deps, input);
  const row = await deps.ledger.batches.get(input.batch);
  if (row?.run !== input.run) return { steps: [] };
  await askAfterAllRefunds(deps);
  return {
    steps: row.steps.map(({ name, from }) => ({ name, from })),
    orphaned: await orphanedWork(deps, input.batch),
  };
}

export interface FinishInput extends RunInput {
  /** Close the run even if orphaned work or open shots remain. */
  readonly final?: boolean;
  /** The workflow was cancelled, perhaps in Temporal, without a record in the ledger. */
  readonly cancelled?: boolean;
}

export interface BatchOutcome {
  readonly outcome: 'complete' | 'cancelled' | 'incomplete' | 'waiting' | 'superseded';
  readonly shots: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly parked: number;
    readonly waiting: number;
  };
  /** Orphaned work remains: the run is not closed yet. */
  readonly orphaned?: readonly OrphanedWork[];
  /**
   * Shots were opened, or got their jobs, too late for any step to see them: the run is not closed
   * yet.
   */
  readonly isOpen?: true;
}

/**
 * Closes the run in the ledger and returns its outcome. Unless `final`, it does not close while a
 * shot is open or paid work is uncollected. Idempotent.
 */
export async function finishRun(
  deps: ActivityDependencies,
  input: FinishInput,
): Promise<BatchOutcome> {
  checkLedger(deps, input);
  const { batches } = deps.ledger;
  if (input.cancelled && (await batches.get(input.batch))?.run === input.run)
    await batches.setState(input.batch, 'cancelled', ['running', 'paused']);
  await askAfterAllRefunds(deps);
  const orphaned = input.final ? [] : await orphanedWork(deps, input.batch);
  // Read last, so that shots opened until now prevent the close.
  const status = await deps.ledger.reports.status(input.batch);
  const shots = { total: 0, done: 0, failed: 0, parked: 0, waiting: 0 };
  for (const step of status?.steps ?? []) {
    shots.total += step.total;
    shots.done += step.succeeded + step.cached;
    shots.failed += step.failed;
    shots.parked += step.parked;
    shots.waiting += step.waiting + step.running;
  }
  if (status?.row.run !== input.run) return { outcome: 'superseded', shots };
  const outcome = outcomeOf(status.row.state === 'cancelled', shots);
  const isOpen = outcome === 'waiting' && !input.final;
  if (orphaned.length > 0 || isOpen)
    return { outcome, shots, ...(orphaned.length > 0 && { orphaned }), ...(isOpen && { isOpen }) };
  await batches.finishRun(input.batch, input.run, outcome);
  return { outcome, shots };
}

function outcomeOf(cancelled: boolean, shots: BatchOutcome['shots']): BatchOutcome['outcome'] {
  if (cancelled) return 'cancelled';
  if (shots.waiting > 0) return 'waiting';
  return shots.done === shots.total ? 'complete' : 'incomplete';
}
