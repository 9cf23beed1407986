import type { Json, JsonObject } from '../../json.ts';
import type { SubmissionState } from './states.ts';

/** Uploads and trained models at an account, so that each is made only once. */
export interface RemoteLedger {
  /** `processing`: the vendor has the file, but it may not be used yet. */
  upload(
    account: string,
    sha256: string,
    purpose: string,
  ): Promise<
    | {
        state: 'intended' | 'processing' | 'stored';
        remote: Json;
        url: string | null;
        expiresAt: number | null;
      }
    | undefined
  >;
  /**
   * Records the intent. False, and nothing is recorded, when the account has `atMost` other files
   * for that purpose.
   */
  intendUpload(account: string, sha256: string, purpose: string, atMost?: number): Promise<boolean>;
  /** `ready` false: the vendor still processes it. */
  storeUpload(
    account: string,
    sha256: string,
    purpose: string,
    stored: { remote: Json; url: string | null; expiresAt: number | null; ready?: boolean },
  ): Promise<void>;
  /** Marks the upload as seen now: the vendor has it, or gives no sign that it is gone. */
  seeUpload(account: string, sha256: string, purpose: string): Promise<void>;
  /**
   * Deletes an upload that failed or is gone: the next shot that needs the file uploads it again.
   * With `remote`, only while that is still its reference.
   */
  dropUpload(account: string, sha256: string, purpose: string, remote?: Json): Promise<void>;
  /** The same, for an upload from before the run of a submission began. */
  dropOldUpload(
    account: string,
    sha256: string,
    purpose: string,
    submission: string,
  ): Promise<void>;
  /** Location of an output at the account that made it, for shots that read it there. */
  output(
    submission: string,
    index: number,
  ): Promise<
    | {
        account: string;
        job: JsonObject;
        remote: Json;
        url: string | null;
        expiresAt: number | null;
      }
    | undefined
  >;
  /** Outputs with these bytes, at every account. */
  outputsOf(sha256: string): Promise<readonly { submission: string; index: number }[]>;
  /** The vendor reference of every output of a submission, in the order of their indices. */
  outputs(
    submission: string,
  ): Promise<
    readonly { readonly index: number; readonly remote: Json; readonly url: string | null }[]
  >;
  model(account: string, fingerprint: string): Promise<ModelRow | undefined>;
  /**
   * Takes or renews the lease of the model's row and creates it in phase `creating`; false when
   * another owner has it.
   */
  leaseModel(
    account: string,
    fingerprint: string,
    owner: string,
    leaseMs: number,
  ): Promise<boolean>;
  /** Compare-and-set. A change to `failed` or `ready`, also from `ready`, sets `seenAt` to now. */
  setModelPhase(
    account: string,
    fingerprint: string,
    from: readonly ModelPhase[],
    to: ModelPhase,
    facts?: { remoteId?: string | null; why?: string },
  ): Promise<boolean>;
  /** Records that a model given by its id is ready now. */
  seeModel(account: string, id: string): Promise<void>;
  modelImages(account: string, fingerprint: string): Promise<ReadonlyMap<string, string | null>>;
  intendModelImage(account: string, fingerprint: string, sha256: string): Promise<void>;
  storeModelImage(
    account: string,
    fingerprint: string,
    sha256: string,
    remoteId: string,
  ): Promise<void>;
  /**
   * Abandons an untrained model: deletes its images, phase `creating`, no remote id. False, and
   * nothing is deleted, while a training of it may be paid for.
   */
  abandonModel(account: string, fingerprint: string): Promise<boolean>;
  /** Records whether the vendor has the model, and since when it has been missing. */
  noteModelMissing(account: string, fingerprint: string, isMissing: boolean): Promise<void>;
  /** Everything known at the account, by the ids of the vendor. */
  knownThings(account: string): Promise<ReadonlyMap<string, KnownThing>>;
  /** Forgets uploads that were deleted at the vendor: a later shot that needs one uploads it again. */
  forgetUploads(account: string, ids: readonly string[]): Promise<void>;
  /**
   * Forgets a trained model that was deleted at the vendor: a later shot that needs it trains, and
   * pays, again.
   */
  forgetModel(account: string, id: string): Promise<void>;
}
/** The local record of a file or model at the vendor. */
export interface KnownThing {
  /** `reference`: for shots to read; `image`: to train from. */
  readonly kind: 'reference' | 'image' | 'model';
  /**
   * Path of the file or name of the training in a batch, or the key of the shot that made the file;
   * null: in no batch any more.
   */
  readonly name: string | null;
  /** The file's sha-256, or the training set's fingerprint. */
  readonly hash: string;
}
export type ModelPhase =
  'creating' | 'created' | 'uploading' | 'armed' | 'triggered' | 'ready' | 'failed';
export interface ModelRow {
  readonly phase: ModelPhase;
  readonly remoteId: string | null;
  readonly why: string | null;
  /** When it was last seen as ready or failed. */
  readonly seenAt: number | null;
  /** Since when every answer of the vendor says that it has no such model. */
  readonly missingSince: number | null;
  /** The active or accepted request to train it, else the latest; null: none. */
  readonly trigger: Trigger | null;
}

/** The paid request that starts a training. */
export interface Trigger {
  readonly submission: string;
  readonly state: SubmissionState;
  readonly why: string | null;
  /** Id of the trained model in the answer of the vendor; null: no answer came. */
  readonly jobId: string | null;
  readonly claimedAt: number;
  /** When its start became known: by the answer, by a lookup, or from a person. */
  readonly submittedAt: number | null;
  readonly deadlineAt: number;
  /** When the sender saw it end without a usable answer. */
  readonly overAt: number | null;
  readonly endedAt: number | null;
  /** The gap in which it may have been sent; null: it was granted by a claim. */
  readonly gap: number | null;
}
