import type { ShotRequest } from '../../batch/request.ts';
import type { Price } from '../../money.ts';
import type { Range, StopReason } from './states.ts';

export interface ClaimLedger {
  /**
   * Follows the order of docs/ledger.md. Grants at most `window` minus the claims of the batch at
   * the account that are still being sent.
   */
  claim(range: Range, options: ClaimOptions): Promise<ClaimAnswer>;
  /**
   * The paid trigger of a training, claimed by the same rules. `fingerprint` is that of the
   * training set. The answer has at most one grant; `attached` 1 means live or accepted already.
   */
  claimTraining(
    training: {
      batch: string;
      run: number;
      account: string;
      fingerprint: string;
      price: Price;
      key: string;
    },
    options: ClaimOptions,
  ): Promise<ClaimAnswer>;
  /**
   * The reason that stops or delays every paid request of the run at the account; undefined: none.
   * For free work that is only useful before a claim.
   */
  closed(of: {
    readonly batch: string;
    readonly run: number;
    readonly account: string;
  }): Promise<Exclude<ClaimAnswer['next'], { kind: 'go' }> | undefined>;
  /**
   * Takes a rate slot for one free call, where the vendor counts such calls like claims. 0: the
   * slot is taken; else the milliseconds until the next try. Claims and calls that both wait take
   * turns.
   */
  takeCallSlot(account: string): Promise<number>;
}
export interface ClaimOptions {
  readonly window: number;
  /** Time limit of the POST; `deadline_at` = `send_by` + this. */
  readonly postTimeoutMs: number;
  /** The claiming process, for people. */
  readonly worker: string;
  /** `KeyLedger.hash` of the key that sends the request; it must be the account's own. */
  readonly keyHash: string;
  /** Keys of shots without a grant for now: something that they need is not available yet. */
  readonly except?: readonly string[];
}
export interface Grant {
  readonly submission: string;
  /** Number of the try of the shot, from 1. */
  readonly attempt: number;
  readonly key: string;
  readonly request: ShotRequest;
  /**
   * The send deadline, in milliseconds from the grant; the first byte of the request leaves within
   * it (docs/ledger.md).
   */
  readonly sendWithinMs: number;
}
export interface ClaimAnswer {
  readonly granted: readonly Grant[];
  readonly attached: number;
  /** Open shots of the range after this claim; `bound` counts those bound and not done. */
  readonly open: number;
  readonly bound: number;
  readonly next: { kind: 'go' } | { kind: 'wait'; ms: number } | Stopped;
}
export interface Stopped {
  readonly kind: 'stopped';
  readonly reason: StopReason;
  /** Milliseconds until it may go on by itself; null: it does not end by itself. */
  readonly endsInMs: number | null;
}
