import type { JsonObject } from '../../json.ts';

/**
 * The API keys that accounts have accepted. Only salted hashes are stored. All keys of an account
 * open one vendor account. Another key sees none of its jobs, so its lists would prove that nothing
 * was sent.
 */
export interface KeyLedger {
  /** Salted hash of a key together with its base URL. */
  hash(apiKey: string, baseUrl: string): string;
  isOwn(account: string, keyHash: string): Promise<boolean>;
  /** What the vendor shows only to keys of the account. */
  proofs(account: string): Promise<readonly KeyProof[]>;
  /** Accepts a key: the vendor has shown a proof to it, or a person says that it is the account's. */
  accept(account: string, keyHash: string): Promise<void>;
  /**
   * Accepts a key while the account has sent nothing. Until then each key replaces the one before.
   * @returns whether the key is own
   */
  acceptFirst(account: string, keyHash: string): Promise<boolean>;
}

export type KeyProof =
  /** A job on record. */
  | {
      readonly kind: 'job';
      readonly job: JsonObject;
      readonly jobId: string;
      readonly claimedAt: number;
      readonly submittedAt: number;
    }
  /** The vendor's id of a model with a training request. */
  | { readonly kind: 'model'; readonly id: string };
