import type { TrainingSet } from '../../batch/request.ts';
import type { ClaimAnswer, ModelRow, StopReason, Trigger } from '../../ledger/port.ts';
import { liveStates } from '../../ledger/rules/transitions.ts';
import type { TrainingPort } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { RunInput } from '../own-work.ts';

export interface TrainModelInput extends RunInput {
  readonly step: string;
  readonly account: string;
  readonly fingerprint: string;
}

/** What the phases of one training share. */
export interface Training {
  readonly deps: ActivityDependencies;
  readonly access: AccountAccess;
  readonly port: TrainingPort;
  readonly input: TrainModelInput;
  readonly set: TrainingSet;
  readonly cancelled: AbortSignal;
}

/** Milliseconds until the next look, or how it ended. */
export type Advance =
  | number
  | 'ready'
  | 'stopped'
  /** As the model's row says. */
  | 'failed'
  /** Its shots are blocked with this reason; the model's row stays as it is. */
  | { readonly block: string }
  | Stop;

/** It does not go on, and why, for whoever looks; until the next look. */
interface Stop {
  readonly stop: StopReason;
  readonly inMs: number;
}

/** Where a person must act at the vendor first: a message ends the wait. */
export const forPersonMs = 2 * 60_000;
/** What the ledger alone tells: asked again by a pause, a block's end, a raised budget. */
const forLedgerMs = 3_000;

/** The ledger's answer where it grants nothing. */
export function whileClosed(next: Exclude<ClaimAnswer['next'], { kind: 'go' }>): Advance {
  if (next.kind === 'wait') return next.ms;
  const { reason } = next;
  if (reason.kind === 'cancelled' || reason.kind === 'superseded') return 'stopped';
  return { stop: reason, inMs: forLedgerMs };
}

/** Compare-and-set in the ledger; false when the phase was another. */
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

/** A request to train is on its way, or was carried out, or nobody knows. */
export function mayBePaid(trigger: Trigger | null | undefined): trigger is Trigger {
  return trigger != null && undecided.has(trigger.state);
}

/** A tenth of the time it has taken, so that short trainings end soon; at most the vendor's advice. */
export function lookAgainMs({ timeouts, throttle }: AccountAccess, elapsedMs: number): number {
  const { pollFirstMs, trainingPollMs } = timeouts;
  const usualMs = Math.min(trainingPollMs, Math.max(pollFirstMs, elapsedMs / 10));
  return Math.max(usualMs, throttle.polls.leastMs);
}

/** Cancelled, or replaced by another run. */
export async function hasEnded(
  { ledger }: ActivityDependencies,
  { batch, run }: RunInput,
): Promise<boolean> {
  const row = await ledger.batches.get(batch);
  return row?.run !== run || row.state === 'cancelled';
}
