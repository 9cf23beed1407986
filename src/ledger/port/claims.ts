import type { ShotRequest } from '../../batch/request.ts';
import type { Price } from '../../money.ts';
import type { Range, StopReason } from './states.ts';

export interface ClaimLedger {
  /** In the order of docs/ledger.md. At most `window` new grants minus this range's claimed rows. */
  claim(range: Range, options: ClaimOptions): Promise<ClaimAnswer>;
  /** The paid trigger of a training, by the same claim; fingerprint of the training set. Same answer with at most one grant; `attached` 1 means live or accepted already. */
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
   * What stops or delays every paid request of the run at the account, whatever it asks for; undefined: nothing
   * does. For what is free and of use only where a claim may follow.
   */
  closed(of: {
    readonly batch: string;
    readonly run: number;
    readonly account: string;
  }): Promise<Exclude<ClaimAnswer['next'], { kind: 'go' }> | undefined>;
  /**
   * A rate slot for one free call, where the vendor counts those as it counts claims; 0: it is taken,
   * else the milliseconds after which to ask again. Claims and calls that both wait take turns.
   */
  takeCallSlot(account: string): Promise<number>;
}
export interface ClaimOptions {
  readonly window: number;
  /** Time limit of the POST; `deadline_at` = `send_by` + this. */
  readonly postTimeoutMs: number;
  /** Identity of the claiming process, for people. */
  readonly worker: string;
  /** Keys of shots that are granted nothing now: what they need is not to be had yet. */
  readonly except?: readonly string[];
}
export interface Grant {
  readonly submission: string;
  /** Counts the tries of the shot from 1. */
  readonly attempt: number;
  readonly key: string;
  readonly request: ShotRequest;
  /** Milliseconds from the grant within which the request's first byte must leave (docs/ledger.md, the send deadline). */
  readonly sendWithinMs: number;
}
export interface ClaimAnswer {
  readonly granted: readonly Grant[];
  readonly attached: number;
  /** Shots of the range still open after this claim, and bound ones that are not done. */
  readonly open: number;
  readonly bound: number;
  readonly next: { kind: 'go' } | { kind: 'wait'; ms: number } | Stopped;
}
export interface Stopped {
  readonly kind: 'stopped';
  readonly reason: StopReason;
  /** Milliseconds after which it may go on by itself; null: somebody must do something first. */
  readonly endsInMs: number | null;
}
