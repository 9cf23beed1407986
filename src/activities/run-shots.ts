import type { LostOutput, Range } from '../ledger/port.ts';
import { noLane } from '../ledger/rules/lane-name.ts';
import { pollStalled, settleParked } from './orphans.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { pause, withHeartbeat } from './heartbeat.ts';
import { askForLost } from './outputs/lost-again.ts';
import { accessFor, checkLedger, type RunInput } from './own-work.ts';
import { RangeRunner, type RunShotsResult } from './range-runner.ts';

export interface RunShotsInput extends RunInput {
  readonly lane: string;
  /** Ledger key of the lane's account. */
  readonly account: string;
  readonly from: number;
  readonly to: number;
  /** Returns after this time once a file was saved, for steps that read it; null: no step reads it. */
  readonly reportAfterMs: number | null;
}

/** The activity returns after this time, so that no worker keeps a chunk for ever. */
const leaseMs = 10 * 60_000;

/** Runs a range of shots as far as possible. See RangeRunner for the guarantees. */
export async function runShots(
  deps: ActivityDependencies,
  input: RunShotsInput,
): Promise<RunShotsResult> {
  checkLedger(deps, input);
  const { batch, run, lane, account, from, to } = input;
  const range: Range = { batch, run, lane, account, from, to };
  const usable = await accessFor(deps, account, range);
  if (usable.kind === 'stopped') return { endsInMs: null, ...usable, saved: 0 };
  const { access } = usable;
  await deps.learned.load();
  if (lane === noLane) {
    await pollStalled(deps, access, batch);
    await settleParked(deps, access, batch);
  }
  const runner = new RangeRunner(deps, access, range);
  const reportAfterMs = input.reportAfterMs ?? leaseMs;
  const drained = (): void => {
    if (lane !== noLane) void deps.chunkDrained(from);
  };
  const result = await withHeartbeat(async (cancelled, report) => {
    const found = await askForLostFiles(deps, access, range, { cancelled, report });
    const ran = await runner.run({ cancelled, leaseMs, reportAfterMs, report, drained });
    return { ...ran, saved: ran.saved + found };
  });
  const { batches } = deps.ledger;
  if (result.kind === 'stopped') await batches.noteStop(range, result.reason);
  // Only a grant proves that the lane continues: its other chunks may have stopped since.
  else if (runner.grantedAt !== undefined) await batches.clearStop(batch, lane, runner.grantedAt);
  return result;
}

/** Longest pause before another try to reach the vendor of a lost file; pauses double from 1 s. */
const askedPauseMaxMs = 16_000;

/**
 * Requests lost files once more before the range pays for them again. If the vendor cannot be
 * reached for half a minute, the wait ends: the price was accepted.
 */
async function askForLostFiles(
  deps: ActivityDependencies,
  access: AccountAccess,
  range: Range,
  { cancelled, report }: { cancelled: AbortSignal; report: (phase: string) => void },
): Promise<number> {
  let lost = await deps.ledger.submissions.lostOutputs({ range });
  let saved = 0;
  for (let pauseMs = 1_000; lost.length > 0 && !cancelled.aborted; pauseMs *= 2) {
    report(`${lost.length} lost files asked for`);
    const unasked: LostOutput[] = [];
    await askForLost(
      deps,
      access,
      lost,
      (output, answer) => {
        if (answer.kind === 'saved') saved++;
        if (answer.kind === 'unasked') unasked.push(output);
        const came = answer.kind === 'saved' ? 'its lost file is here' : answer.why;
        deps.log(`${output.key}: ${came}`);
      },
      cancelled,
    );
    if (unasked.length === 0 || pauseMs > askedPauseMaxMs) break;
    lost = unasked;
    await pause(pauseMs, cancelled);
  }
  return saved;
}
