import type { JsonObject } from '../../json.ts';

/**
 * The API keys of accounts. Only salted hashes are stored. An account name stands for one vendor
 * account at a time. A key of another vendor account sees none of its jobs, so its lists prove
 * nothing about earlier requests.
 */
export interface KeyLedger {
  /** Salted hash of a key together with its base URL. */
  hash(apiKey: string, baseUrl: string): string;
  /** Whether the key opens the vendor account that the account stands for. The first key does. */
  isOwn(account: string, keyHash: string): Promise<boolean>;
  /** What the vendor shows only to a key of the vendor account that the account stands for. */
  proofs(account: string): Promise<KeyProofs>;
  /** Records that the key opens that vendor account too. */
  confirm(account: string, keyHash: string): Promise<void>;
  /**
   * From now on the account stands for the vendor account of this key. Changes nothing while work
   * at the present one is unfinished, and returns that work.
   */
  replace(account: string, keyHash: string): Promise<KeyStakes | undefined>;
}

export interface KeyProofs {
  /** The latest jobs on record. */
  readonly jobs: readonly {
    readonly job: JsonObject;
    readonly jobId: string;
    readonly claimedAt: number;
    readonly submittedAt: number;
  }[];
  /** The vendor's ids of models with a training request. */
  readonly models: readonly string[];
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
}
