import type { Range } from '../ledger/port.ts';
import { noLane } from '../ledger/rules/lane-name.ts';
import { askAfterStalled } from './adrift.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { accessOf, checkLedger, type RunInput } from './own-work.ts';
import { RangeRunner, type RunShotsResult } from './range-runner.ts';

export interface RunShotsInput extends RunInput {
  readonly lane: string;
  /** Ledger key of the lane's account. */
  readonly account: string;
  readonly from: number;
  readonly to: number;
  /** Hands back this soon once something was saved, for the steps that read it; null: nothing reads it. */
  readonly reportAfterMs: number | null;
}

/** After this the chunk is handed back, so that no worker keeps it for ever. */
const leaseMs = 10 * 60_000;

/** Takes a range of shots as far as it goes. See RangeRunner for what is guaranteed. */
export async function runShots(
  deps: ActivityDependencies,
  input: RunShotsInput,
): Promise<RunShotsResult> {
  checkLedger(deps, input);
  const access = accessOf(deps, input.account);
  const { batch, run, lane, account, from, to } = input;
  const range: Range = { batch, run, lane, account, from, to };
  await deps.learned.load();
  if (lane === noLane) await askAfterStalled(deps, access, batch);
  const runner = new RangeRunner(deps, access, range);
  const result = await withHeartbeat((cancelled, tell) =>
    runner.run({
      cancelled,
      leaseMs,
      reportAfterMs: input.reportAfterMs ?? leaseMs,
      tell,
      drained: () => {
        if (lane !== noLane) void deps.chunkDrained(from);
      },
    }),
  );
  const { reports } = deps.ledger;
  if (result.kind === 'stopped') await reports.noteStop(range, result.reason);
  // Only a grant proves that the lane goes on: other chunks of it may have been stopped since.
  else if (runner.grantedAt !== undefined) await reports.clearStop(batch, lane, runner.grantedAt);
  return result;
}
