import type { Amount } from '../../money.ts';
import type { BatchPolicy, ShotState, SubmissionState } from '../port.ts';

/** Sent or to be sent, and not known to be over. */
export const liveStates = ['claimed', 'submitted', 'ambiguous', 'parked', 'stalled'] as const;
/** Sent or to be sent, and neither ended nor given up. */
export const pendingStates = ['claimed', 'submitted', 'ambiguous'] as const;
/** States of which one (account, fingerprint) has at most one submission. */
export const exclusiveStates = [...liveStates, 'succeeded'] as const;

/** Its job has ended with files. */
export const endedWithFiles = ['succeeded', 'lost'] as const;
const allStates = [...exclusiveStates, 'rejected', 'failed', 'lost'] as const;

/**
 * Which states an event may find a submission in, and where it leads. Anything else answers false. A claim
 * begins as `claimed`, or as `ambiguous` where a gap may have sent it.
 */
export const transitions = {
  submitted: { from: ['claimed'], to: 'submitted' },
  // Its sender's own report, however late: the machine may have slept.
  rejected: { from: ['claimed', 'ambiguous', 'parked'], to: 'rejected' },
  ambiguous: { from: ['claimed'], to: 'ambiguous' },
  expired: { from: ['claimed'], to: 'ambiguous' },
  // Its job id came after it was settled without one, or with another.
  lateAnswer: { from: allStates, to: 'submitted' },
  adopt: { from: ['ambiguous', 'parked'], to: 'submitted' },
  absent: { from: ['ambiguous', 'parked'], to: 'rejected' },
  park: { from: ['ambiguous'], to: 'parked' },
  resubmit: { from: ['ambiguous'], to: 'failed' },
  // A person's decision: its job is known after all, or it is sent again or skipped.
  takeUp: { from: ['parked', 'stalled'], to: 'submitted' },
  giveUp: { from: ['parked', 'stalled'], to: 'rejected' },
  // One that was given up as endless may have ended since, and one that was called failed may have gone on.
  succeeded: { from: ['submitted', 'stalled', 'failed'], to: 'succeeded' },
  failed: { from: ['submitted', 'stalled'], to: 'failed' },
  stalled: { from: ['submitted'], to: 'stalled' },
  loseOutput: { from: ['succeeded'], to: 'lost' },
  recover: { from: ['lost'], to: 'succeeded' },
  forget: { from: liveStates, to: 'failed' },
} as const satisfies Record<
  string,
  { readonly from: readonly SubmissionState[]; readonly to: SubmissionState }
>;
export type TransitionName = keyof typeof transitions;

/** Shots that a run has still to send or to collect. */
export const unfinishedShotStates = ['open', 'bound'] as const satisfies readonly ShotState[];
/** Shots that a job or a file which turns up may still serve; the index `shot_wanted` is of these. */
export const waitingShotStates = [
  'open',
  'failed',
  'skipped',
] as const satisfies readonly ShotState[];

/** What may happen to a shot. */
export const shotTransitions = {
  planned: {
    from: ['retired', 'failed', 'skipped', 'blocked', 'bound', 'done', 'parked'],
    to: 'open',
  },
  retired: {
    from: ['open', 'bound', 'done', 'failed', 'parked', 'skipped', 'blocked'],
    to: 'retired',
  },
  blocked: { from: ['open'], to: 'blocked' },
  unblocked: { from: ['blocked'], to: 'open' },
  trainingSkipped: { from: ['blocked'], to: 'skipped' },
  bound: { from: waitingShotStates, to: 'bound' },
  reopened: { from: ['bound', 'parked'], to: 'open' },
  failed: { from: ['bound', 'parked'], to: 'failed' },
  parked: { from: ['bound', ...waitingShotStates], to: 'parked' },
  unparked: { from: ['parked'], to: 'bound' },
  skipped: { from: ['parked'], to: 'skipped' },
  done: { from: ['bound', 'open', 'failed', 'skipped'], to: 'done' },
  // Its file is to be fetched again, or its job was another's.
  fetchedAgain: { from: ['done', 'failed', 'parked'], to: 'bound' },
} as const satisfies Record<
  string,
  { readonly from: readonly ShotState[]; readonly to: ShotState }
>;

/**
 * What a failed job costs. Without a report from the vendor the money counts as spent; promised back, it is
 * spent until it is there, but the shot may try again as after a refund.
 */
export function costOfFailure(
  reserved: Amount,
  result: { readonly refunded: boolean | 'promised' | null; readonly billed: Amount | null },
): { readonly spent: Amount; readonly cause: 'free' | 'paid' } {
  if (result.refunded === true || result.billed === 0) return { spent: 0, cause: 'free' };
  const cause = result.refunded === 'promised' ? 'free' : 'paid';
  return { spent: result.billed ?? reserved, cause };
}

export interface Tries {
  readonly free: number;
  readonly paid: number;
}

/** Whether a shot may try once more after a failure, and how many tries it has then had. */
export function afterFailure(
  tries: Tries,
  cause: 'free' | 'paid',
  policy: Pick<BatchPolicy, 'retries' | 'paidRetries'>,
): { readonly again: boolean; readonly tries: Tries } {
  if (cause === 'free') {
    const again = tries.free < policy.retries;
    return { again, tries: again ? { ...tries, free: tries.free + 1 } : tries };
  }
  const again = tries.paid < policy.paidRetries;
  return { again, tries: again ? { ...tries, paid: tries.paid + 1 } : tries };
}
