import type { TrainingSet } from '../../batch/request.ts';
import type { ClaimAnswer, ModelRow, StopReason, Trigger } from '../../ledger/port.ts';
import { liveStates } from '../../ledger/rules/transitions.ts';
import type { TrainingPort } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { NoAccess, RunInput } from '../own-work.ts';

export interface TrainModelInput extends RunInput {
  readonly step: string;
  readonly account: string;
  readonly fingerprint: string;
}

/** Shared state of the phases of one training. */
export interface Training {
  readonly deps: ActivityDependencies;
  readonly access: AccountAccess;
  readonly port: TrainingPort;
  readonly input: TrainModelInput;
  readonly set: TrainingSet;
  readonly cancelled: AbortSignal;
}

/** Milliseconds until the next check, or the result. */
export type Advance =
  | number
  | 'ready'
  | 'stopped'
  /** The reason is in the model's row. */
  | 'failed'
  /** Its shots are blocked with this reason; the model's row stays unchanged. */
  | { readonly block: string }
  | Stop;

/** Stopped until the next check, with the reason for people to read. */
interface Stop {
  readonly stop: StopReason;
  readonly inMs: number;
}

/** Wait where a person must act at the vendor; a message ends it. */
export const forPersonMs = 2 * 60_000;
/** Interval of ledger checks for changes such as a pause, the end of a block, or a raised budget. */
const forLedgerMs = 3_000;

/** Result of an activity whose account cannot be used now. */
export function withoutAccess(
  no: NoAccess,
): { readonly kind: 'stopped' } | { readonly kind: 'again'; readonly inMs: number } {
  const { kind } = no.reason;
  if (kind === 'cancelled' || kind === 'superseded') return { kind: 'stopped' };
  return { kind: 'again', inMs: no.endsInMs ?? forPersonMs };
}

/** Converts a ledger answer without a grant. */
export function whileClosed(next: Exclude<ClaimAnswer['next'], { kind: 'go' }>): Advance {
  if (next.kind === 'wait') return next.ms;
  const { reason } = next;
  if (reason.kind === 'cancelled' || reason.kind === 'superseded') return 'stopped';
  return { stop: reason, inMs: forLedgerMs };
}

/** Compare-and-set in the ledger; false if the phase is not in `from`. */
export async function setPhase(
  { deps, input }: Training,
  from: readonly ModelRow['phase'][],
  to: ModelRow['phase'],
  facts: { remoteId?: string | null; why?: string },
): Promise<boolean> {
  const { remotes } = deps.ledger;
  return await remotes.setModelPhase(input.account, input.fingerprint, from, to, facts);
}

const undecided: ReadonlySet<string> = new Set(liveStates);

/** The training request is on its way, carried out, or of unknown result. */
export function mayBePaid(trigger: Trigger | null | undefined): trigger is Trigger {
  return trigger != null && undecided.has(trigger.state);
}

/** A tenth of the elapsed time, so that short trainings end soon; at most the vendor's advised interval. */
export function lookAgainMs({ timeouts, throttle }: AccountAccess, elapsedMs: number): number {
  const { pollFirstMs, trainingPollMs } = timeouts;
  const usualMs = Math.min(trainingPollMs, Math.max(pollFirstMs, elapsedMs / 10));
  return Math.max(usualMs, throttle.polls.leastMs);
}

/** Whether the run is cancelled, or replaced by another run. */
export async function hasEnded(
  { ledger }: ActivityDependencies,
  { batch, run }: RunInput,
): Promise<boolean> {
  const row = await ledger.batches.get(batch);
  return row?.run !== run || row.state === 'cancelled';
}
