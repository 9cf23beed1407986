import type { Json, JsonObject } from '../../json.ts';

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
   * One that failed or is gone: the next shot that needs the file uploads it anew. With `remote`, only while
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
  /** Abandons an untrained model: its images are forgotten, phase `creating`, no remote id. */
  abandonModel(account: string, fingerprint: string): Promise<void>;
  /** All that this ledger knows to lie at the account, by the vendor's ids. */
  knownThings(account: string): Promise<ReadonlyMap<string, KnownThing>>;
  /** Uploads that were deleted at the vendor: a later shot that needs one uploads it again. */
  forgetUploads(account: string, ids: readonly string[]): Promise<void>;
  /** A trained model that was deleted at the vendor: a later shot that needs it trains, and pays, again. */
  forgetModel(account: string, id: string): Promise<void>;
}
/** What something at the vendor is to us. */
export interface KnownThing {
  /** `reference`: for shots to read; `picture`: to train from. */
  readonly kind: 'reference' | 'picture' | 'model';
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
  /** The trigger's submission, where there is one. */
  readonly submission: string | null;
  /** When that submission was claimed. */
  readonly triggeredAt: number | null;
}
