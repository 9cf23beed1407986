import type { JsonObject } from '../../json.ts';

/**
 * The API keys of accounts. Only salted hashes are stored. Keys of one vendor account share a
 * holder number, and each request has the number of the key that sent it. A key of another holder
 * sees none of its jobs, so its lists prove nothing about that request.
 */
export interface KeyLedger {
  /** Salted hash of a key together with its base URL. */
  hash(apiKey: string, baseUrl: string): string;
  /** Whether the account has accepted the key. */
  isOwn(account: string, keyHash: string): Promise<boolean>;
  /** What a vendor shows only to keys of a vendor account that was used before; the latest first. */
  proofs(account: string): Promise<readonly KeyProof[]>;
  /** Accepts a key to which the vendor has shown the proof: a renewed key of the same vendor account. */
  confirm(account: string, keyHash: string, holder: number): Promise<void>;
  /**
   * Accepts an unproven key as that of another vendor account. Changes nothing while work of earlier
   * keys is unfinished, and returns that work.
   */
  adopt(account: string, keyHash: string): Promise<KeyStakes | undefined>;
  /** Accepts a key because a person says that it opens the vendor account of the latest request. */
  accept(account: string, keyHash: string): Promise<void>;
}

export interface KeyProof {
  readonly holder: number;
  /** A job on record, or the vendor's id of a model with a training request. */
  readonly of:
    | {
        readonly kind: 'job';
        readonly job: JsonObject;
        readonly jobId: string;
        readonly claimedAt: number;
        readonly submittedAt: number;
      }
    | { readonly kind: 'model'; readonly id: string };
}

/** Work at a vendor account that only its keys can finish. */
export interface KeyStakes {
  /** Requests on their way, running, parked or stalled. */
  readonly requests: number;
  /** Files that are paid for and not saved yet. */
  readonly files: number;
  /** Failed jobs with a promised refund. */
  readonly refunds: number;
  /** Models with a training request. */
  readonly models: number;
  /** Open gaps: times in which unknown requests may have been sent. */
  readonly gaps: number;
}
