export type ShotState =
  'open' | 'bound' | 'done' | 'failed' | 'parked' | 'skipped' | 'blocked' | 'retired';
/** `lost`: a succeeded submission with an output that is no longer available. */
export type SubmissionState =
  | 'claimed'
  | 'submitted'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'ambiguous'
  | 'parked'
  | 'stalled'
  | 'lost';
export type BatchState = 'running' | 'paused' | 'cancelled' | 'finished';
export type BlockReason =
  'noFunds' | 'badKey' | 'forbidden' | 'limited' | 'unreachable' | 'circuitOpen';

/** A range of a lane: the shots with positions in [from, to). */
export interface Range {
  readonly batch: string;
  readonly run: number;
  /** Names one step at one account in one planning pass. */
  readonly lane: string;
  readonly account: string;
  readonly from: number;
  readonly to: number;
}

export type StopReason =
  | { kind: 'superseded' }
  | { kind: 'paused' }
  | { kind: 'cancelled' }
  | { kind: 'block'; block: BlockReason; account: string }
  | { kind: 'budget'; scope: 'batch' | 'account' | 'accepted'; account: string }
  | { kind: 'unknownPrice'; account: string }
  | { kind: 'maxFailures' }
  /** The account has not accepted the key here; see KeyLedger. */
  | { kind: 'otherKey'; account: string };
