import type { Json, JsonObject } from '../../json.ts';
import type { SubmissionState } from './states.ts';

/** Uploads and trained models: what exists at an account, so that it is made once. */
export interface RemoteLedger {
  /** `processing`: the vendor has it, but it may not be used yet. */
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
  /** False, and nothing is noted, when `atMost` other files lie there for that purpose. */
  intendUpload(account: string, sha256: string, purpose: string, atMost?: number): Promise<boolean>;
  /** `ready` false: it is still processed. */
  storeUpload(
    account: string,
    sha256: string,
    purpose: string,
    stored: { remote: Json; url: string | null; expiresAt: number | null; ready?: boolean },
  ): Promise<void>;
  /** It is there, as far as anybody can tell in this run. */
  seeUpload(account: string, sha256: string, purpose: string): Promise<void>;
  /**
   * One that failed or is gone: the next shot that needs the file uploads it again. With `remote`, only while
   * it is still that one.
   */
  dropUpload(account: string, sha256: string, purpose: string, remote?: Json): Promise<void>;
  /** The same, for one that was uploaded before the run of a submission began. */
  dropOldUpload(
    account: string,
    sha256: string,
    purpose: string,
    submission: string,
  ): Promise<void>;
  /** Where an output lies at the account that made it, for shots that read it there. */
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
  /** The outputs that these bytes are, wherever they were made. */
  outputsOf(sha256: string): Promise<readonly { submission: string; index: number }[]>;
  /** What every output of a submission is known by, in the order of their indices. */
  outputs(
    submission: string,
  ): Promise<
    readonly { readonly index: number; readonly remote: Json; readonly url: string | null }[]
  >;
  model(account: string, fingerprint: string): Promise<ModelRow | undefined>;
  /** Takes or renews the lease of the model's row, creating it in phase `creating`; false when another holds it. */
  leaseModel(
    account: string,
    fingerprint: string,
    owner: string,
    leaseMs: number,
  ): Promise<boolean>;
  /** To `ready`, also from `ready`, and to `failed`: so it was seen to be now. */
  setModelPhase(
    account: string,
    fingerprint: string,
    from: readonly ModelPhase[],
    to: ModelPhase,
    facts?: { remoteId?: string | null; why?: string },
  ): Promise<boolean>;
  /** A model that is given by its id is ready now. */
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
   * Abandons an untrained model: its images are forgotten, phase `creating`, no remote id. False, and nothing
   * is forgotten, while a training of it may be paid for.
   */
  abandonModel(account: string, fingerprint: string): Promise<boolean>;
  /** The vendor was asked for the model and has it, or says that it has not: since when is kept. */
  noteModelMissing(account: string, fingerprint: string, isMissing: boolean): Promise<void>;
  /** All that this ledger knows to lie at the account, by the vendor's ids. */
  knownThings(account: string): Promise<ReadonlyMap<string, KnownThing>>;
  /** Uploads that were deleted at the vendor: a later shot that needs one uploads it again. */
  forgetUploads(account: string, ids: readonly string[]): Promise<void>;
  /** A trained model that was deleted at the vendor: a later shot that needs it trains, and pays, again. */
  forgetModel(account: string, id: string): Promise<void>;
}
/** What something at the vendor is to us. */
export interface KnownThing {
  /** `reference`: for shots to read; `image`: to train from. */
  readonly kind: 'reference' | 'image' | 'model';
  /** The file's path or the training's name as a batch has it; null: in no batch any more. */
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
  /** When it was last seen to be ready, or to have failed. */
  readonly seenAt: number | null;
  /** Since when the vendor has said, each time that it was asked, that it has no such model. */
  readonly missingSince: number | null;
  /** The last request to train it, where there is one. */
  readonly trigger: Trigger | null;
}

/** The paid request that starts a training. */
export interface Trigger {
  readonly submission: string;
  readonly state: SubmissionState;
  readonly why: string | null;
  /** The model that was trained, by the vendor's answer; null: none came. */
  readonly jobId: string | null;
  readonly claimedAt: number;
  /** When it was known to have begun: answered, found, or told by a person. */
  readonly submittedAt: number | null;
  readonly deadlineAt: number;
  /** When its sender saw it end without a usable answer. */
  readonly overAt: number | null;
  readonly endedAt: number | null;
  /** The gap in which it may have been sent, before it was claimed; null: it was claimed. */
  readonly gap: number | null;
}
