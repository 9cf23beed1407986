import type { Amount } from '../../money.ts';
import type { BatchPolicy, ShotState, SubmissionState } from '../port.ts';

/** Sent or to be sent, and not known to be over. */
export const liveStates = ['claimed', 'submitted', 'ambiguous', 'parked', 'stalled'] as const;
/** Sent or to be sent, and neither ended nor given up. */
export const pendingStates = ['claimed', 'submitted', 'ambiguous'] as const;
/** An (account, fingerprint) has at most one submission in these states, standby jobs aside. */
export const exclusiveStates = [...liveStates, 'succeeded'] as const;

/** Its job has ended with files. */
export const endedWithFiles = ['succeeded', 'lost'] as const;
const allStates = [...exclusiveStates, 'rejected', 'failed', 'lost'] as const;

interface Transition<State> {
  readonly from: readonly State[];
  readonly to: State;
  /** For the page about the states. */
  readonly when: string;
}

/**
 * The states in which an event is valid, and the state that follows; in any other state the answer
 * is false. A claim begins as `claimed`, or as `ambiguous` where it may have been sent in a gap.
 */
export const transitions = {
  submitted: { from: ['claimed'], to: 'submitted', when: 'the answer names the job' },
  rejected: {
    from: ['claimed', 'ambiguous', 'parked'],
    to: 'rejected',
    when: 'its sender reports, however late, that no job was made',
  },
  ambiguous: { from: ['claimed'], to: 'ambiguous', when: 'there is no usable answer' },
  expired: { from: ['claimed'], to: 'ambiguous', when: 'no answer is on record by the deadline' },
  lateAnswer: {
    from: allStates,
    to: 'submitted',
    when: 'its job id comes after it was settled without one, or with another',
  },
  adopt: {
    from: ['ambiguous', 'parked'],
    to: 'submitted',
    when: "the vendor's list shows its job",
  },
  absent: {
    from: ['ambiguous', 'parked'],
    to: 'rejected',
    when: "the vendor's list proves that no job was made",
  },
  park: { from: ['ambiguous'], to: 'parked', when: 'nothing can settle it but a person' },
  resubmit: { from: ['ambiguous'], to: 'failed', when: '`onAmbiguous: resubmit` sends it again' },
  takeUp: { from: ['parked', 'stalled'], to: 'submitted', when: 'a person names its job' },
  giveUp: {
    from: ['parked', 'stalled'],
    to: 'rejected',
    when: 'a person sends it again or skips it',
  },
  succeeded: {
    from: ['submitted', 'stalled', 'failed'],
    to: 'succeeded',
    when: 'the job has ended with files, also after it was called failed or endless',
  },
  failed: {
    from: ['submitted', 'stalled'],
    to: 'failed',
    when: 'the job has failed, or ended without files',
  },
  stalled: { from: ['submitted'], to: 'stalled', when: 'the job does not end in time' },
  loseOutput: { from: ['succeeded'], to: 'lost', when: 'one of its files cannot be fetched' },
  recover: { from: ['lost'], to: 'succeeded', when: 'the lost files were fetched after all' },
  forget: { from: liveStates, to: 'failed', when: 'a person deleted the model that it trains' },
} as const satisfies Record<string, Transition<SubmissionState>>;
export type TransitionName = keyof typeof transitions;

/** Shots that a run has still to send or to collect. */
export const unfinishedShotStates = ['open', 'bound'] as const satisfies readonly ShotState[];
/** Shots that a late job or a found file may still serve; the index `shot_wanted` covers these. */
export const waitingShotStates = [
  'open',
  'failed',
  'skipped',
] as const satisfies readonly ShotState[];

/** The transitions of a shot. A new one is `open`. */
export const shotTransitions = {
  planned: {
    from: ['retired', 'failed', 'skipped', 'blocked', 'bound', 'done', 'parked'],
    to: 'open',
    when: 'a new run plans it again, or it asks for something else now',
  },
  retired: {
    from: ['open', 'bound', 'done', 'failed', 'parked', 'skipped', 'blocked'],
    to: 'retired',
    when: 'it has left the batch file',
  },
  blocked: {
    from: ['open'],
    to: 'blocked',
    when: 'it can never start: its training, model or file failed',
  },
  unblocked: { from: ['blocked'], to: 'open', when: 'a person has its training sent again' },
  trainingSkipped: { from: ['blocked'], to: 'skipped', when: 'a person skips its training' },
  bound: {
    from: waitingShotStates,
    to: 'bound',
    when: 'its request was claimed, or another like it is under way',
  },
  parked: {
    from: ['bound', ...waitingShotStates],
    to: 'parked',
    when: 'its submission is parked or stalled',
  },
  unparked: { from: ['parked'], to: 'bound', when: 'its submission is settled' },
  reopened: {
    from: ['bound', 'parked'],
    to: 'open',
    when: 'no job was made, or the try failed and another is left',
  },
  failed: { from: ['bound', 'parked'], to: 'failed', when: 'no try is left' },
  skipped: { from: ['parked'], to: 'skipped', when: 'a person skips it' },
  done: { from: ['bound', ...waitingShotStates], to: 'done', when: 'all its files are saved' },
  fetchedAgain: {
    from: ['done', 'failed', 'parked'],
    to: 'bound',
    when: "a saved file is gone and is fetched again, or its job was another's",
  },
} as const satisfies Record<string, Transition<ShotState>>;

/**
 * The cost of a failed job. Without a report from the vendor the money counts as spent. A promised
 * refund is spent until it arrives, but the shot may try again as after a refund.
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

/** Whether a shot may try once more after a failure, and its count of tries after that. */
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
