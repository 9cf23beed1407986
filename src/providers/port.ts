import type { z } from 'zod';
import type { FileRules, MediaKind, ModelSpec, TrainingSpec } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { Backoff } from '../http/backoff.ts';
import type { SendDeadline } from '../http/send-deadline.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Amount, Price, Unit } from '../money.ts';
import type { Delivery } from './delivery.ts';
import type { JobStatuses } from './job-statuses.ts';

/**
 * A vendor without a key: its catalogue, prices and limits. Pure. Each vendor has its own folder;
 * `registry.ts` lists them.
 */
export interface Vendor {
  /** Also the default account's name and the base of its environment variables. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Website where a person signs in for tasks without an API call. */
  readonly site: string;
  /** URL prefix of the documented paths. */
  readonly baseUrl: string;
  readonly timeouts: Timeouts;
  /** Strict schema of the account settings specific to this vendor (dialect, organisation, ...). */
  readonly settings: z.ZodType<JsonObject>;
  /** The offer of an account with these settings. Pure; `learned` holds the vendor's last answers. */
  offer(settings: JsonObject, learned: Learned): Offer;
  connect(connection: Connection): Provider;
}

/** An account's catalogue, prices and limits. */
export interface Offer {
  readonly models: readonly ModelSpec[];
  readonly training: TrainingSpec | undefined;
  /** Documented rules for the files of `upload` and training; checked before sending. */
  readonly uploads?: FileRules;
  readonly limits: Limits;
  readonly jobStatuses: JobStatuses;
  price(request: ShotRequest, prices: PriceOverrides): Price;
  trainingPrice(prices: PriceOverrides): Price;
  /**
   * All inputs of the vendor's price of a request, as one line of text. Undefined if the price needs no
   * quote. `price` uses a learned quote for the same key.
   */
  quoteKey?(request: ShotRequest): string | undefined;
  /** Every `upload` is answered with a public link, so the account can host files for another. */
  readonly publicUploads?: boolean;
}

/** Facts about an account from the vendor's free calls and bills, saved in the ledger. */
export interface Learned {
  /** The last answer of `Provider.discover`; undefined: never asked. */
  readonly models: Json | undefined;
  /** Undefined: never asked. */
  quote(key: string): Amount | undefined;
  /** The vendor's reason for refusing to price this exact request; known only to this process. */
  refusal?(key: string, request: ShotRequest): string | undefined;
  /** The amount billed for such a request, if above its price; undefined: never. Not for `Vendor.offer`. */
  billed(request: ShotRequest): Amount | undefined;
}

export const nothingLearned: Learned = {
  models: undefined,
  quote: () => undefined,
  billed: () => undefined,
};

export interface Limits {
  /** Requests a minute; undefined: no documented limit. */
  readonly perMinute: number | undefined;
  /** Maximum concurrent jobs. */
  readonly inFlight: number;
  /** The requests that `perMinute` counts: only paid ones, or polls and uploads as well. */
  readonly counts: 'paid' | 'all';
}

/** All in milliseconds. */
export interface Timeouts {
  readonly postMs: number;
  readonly imageJobMs: number;
  readonly videoJobMs: number;
  readonly trainingMs: number;
  /** Delay of the first poll after a job's start, and the poll interval that the vendor advises. */
  readonly pollFirstMs: number;
  readonly pollMs: number;
  readonly trainingPollMs: number;
  /** Minimum time after a request in which its job may be missing from the vendor's list. */
  readonly listLagMs: number;
}

/** `prices:` of an account: by model id, `trained`, `training`, ...; a number, or by resolution. Decimal text in the unit. */
export type PriceOverrides = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface Connection {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly settings: JsonObject;
  /** Awaited before every request without a deadline, if the vendor's rate limit counts those too. */
  readonly pace?: (() => Promise<void>) | undefined;
  /** Shared by all connections of an account in a process; default: one per connection. */
  readonly backoff?: Backoff | undefined;
}

/** A request with every reference at the vendor, ready to send. */
export interface StartRequest {
  readonly request: ShotRequest;
  /** The kind of output. For models from the vendor's live list only, it may decide the path. */
  readonly makes: MediaKind;
  /** The trained model's id at the vendor, if the request uses one. */
  readonly trainedModel: string | undefined;
  /** One per `request.references`, in order. */
  readonly references: readonly ResolvedReference[];
}
export interface ResolvedReference {
  readonly role: string | undefined;
  /** Its reference at this account, from `upload` or a job's output. */
  readonly remote: Json | undefined;
  /** A public link to it. */
  readonly url: string | undefined;
}

export interface FileToUpload {
  readonly sha256: string;
  readonly mime: string;
  readonly bytes: number;
  readonly name: string;
  /** Absolute path of the bytes; streamed, never loaded whole. */
  readonly path: string;
  /** The model that the file belongs to, for references of a trained model. */
  readonly trainedModel: string | undefined;
}

/** Plain JSON with all data for polling the job again after a crash. */
export type JobRef = JsonObject;

export interface JobOutput {
  /** The vendor's id of the file (needed to upscale it); null if it has none. */
  readonly remote: Json;
  /** Null if `prepare` must be called first. Text that the job returned inline is a `data:` URL. */
  readonly url: string | null;
  /** Epoch ms at which the vendor drops the URL; null: not documented. */
  readonly expiresAt: number | null;
}

export type JobState =
  /** `known` false: the vendor documents no such status. */
  | { readonly state: 'pending'; readonly status: string; readonly known: boolean }
  | (Delivery & { readonly state: 'succeeded'; readonly billed: Amount | null })
  /** `refunded` null: the vendor does not say; `promised`: a refund follows, and a later check reports it. */
  | {
      readonly state: 'failed';
      readonly reason: string;
      readonly refunded: boolean | 'promised' | null;
      readonly billed: Amount | null;
    }
  /** The vendor answers that the id is unknown. */
  | { readonly state: 'missing' };

/**
 * The entries of a list. A list with unreadable entries is incomplete: the absence of an entry proves
 * nothing.
 */
export interface Listing<Entry> {
  readonly entries: readonly Entry[];
  readonly unreadable: number;
}

export interface ListedJob {
  readonly job: JobRef;
  /** The vendor's id, unique per account. */
  readonly id: string;
  /** Epoch ms by the vendor's clock; null if the list has no time, or an unreadable one. */
  readonly createdAt: number | null;
  readonly billed: Amount | null;
  /** Absent if the list has no state, or an unknown one. */
  readonly state?: 'pending' | 'ended';
}

/** The vendor's description of a job. Fields that the vendor does not show are absent. */
export interface JobDescription {
  /** Whether the job has ended, in success or failure. */
  readonly ended?: boolean;
  readonly model?: string;
  readonly prompt?: string;
  readonly operation?: 'image' | 'video' | 'upscale' | 'train';
  /** The remote id of the source output, for operations that read exactly one. */
  readonly source?: string;
}

/** The meaning of an error for the request and for the account. */
export interface Verdict {
  /** `refused`: certainly no job. `ambiguous`: there may be one. `notSent`: nothing left this machine. */
  readonly request: 'refused' | 'ambiguous' | 'notSent';
  readonly account:
    | { readonly kind: 'fine' }
    /** `retryAfterMs`: time without calls to the account, at least the requested wait. */
    | { readonly kind: 'limited' | 'unreachable'; readonly retryAfterMs: number }
    | { readonly kind: 'noFunds' }
    | { readonly kind: 'badKey' }
    /** 403: may concern this model only. */
    | { readonly kind: 'forbidden' };
  /** For people; contains no key. */
  readonly message: string;
}

export interface StartedJob {
  readonly job: JobRef;
  /** The vendor's id, unique per account. */
  readonly id: string;
  /** The job's cost in the answer; absent if the answer does not say. */
  readonly billed?: Amount | null;
}

export interface Verification {
  /** `ambiguous`: the answer shows nothing about the key. */
  readonly key: 'good' | 'refused' | 'limited' | 'unreachable' | 'ambiguous';
  /** Null if the vendor has no such call. */
  readonly balance: Amount | null;
  readonly message: string;
}

/** The vendor with a key: one request per call, never a loop, never the ledger. */
export interface Provider {
  /** @throws HttpError, NetworkError, TimeoutError, ResponseShapeError; pass them to `classify` */
  start(request: StartRequest, deadline: SendDeadline): Promise<StartedJob>;
  check(job: JobRef): Promise<JobState>;
  /** The reference of a job from the vendor's id alone, as a person gives it. */
  jobRef(id: string): JobRef;
  /** Requests a file that the vendor must prepare before it can be fetched. */
  prepare?(output: JobOutput): Promise<{ ready: false } | { ready: true; url: string }>;
  upload?(file: FileToUpload): Promise<UploadedFile>;
  /** The states of uploads, in their order; absent if the vendor has no call for it. */
  uploadStates?(remotes: readonly Json[]): Promise<readonly UploadState[]>;
  /** Lists and deletes the account's uploads; absent if the vendor has no such call. */
  readonly files?: RemoteFiles;
  /**
   * Jobs created in the window (epoch ms by the vendor's clock), oldest first. Jobs with an unreadable
   * time are included, and come last. Pages are followed up to a cap.
   * @throws IncompleteListError beyond the cap, or if the vendor returns only a part of the list
   */
  listJobs?(sinceMs: number, untilMs: number): Promise<Listing<ListedJob>>;
  describe?(job: JobRef): Promise<JobDescription>;
  train?: TrainingPort;
  /** Values for the options of models that take a preset; free. */
  presets?(): Promise<Listing<{ id: string; name: string }>>;
  /** The vendor's live list of models; plain JSON that `Vendor.offer` reads. */
  discover?(): Promise<Json>;
  /** The answer of the vendor's price call; free. */
  quote?(request: ShotRequest): Promise<Quoted>;
  verify(): Promise<Verification>;
  classify(error: unknown): Verdict;
}

/** A price, or the vendor's own words for the refusal of a request. */
export type Quoted = { readonly amount: Amount } | { readonly refused: string };

/** `unknown`: absent from an incomplete list. */
export type UploadState = 'processing' | 'ready' | 'failed' | 'missing' | 'unknown';

export interface UploadedFile {
  /** The reference to the file in a start request. */
  readonly remote: Json;
  /** A public link to it, if the vendor gives one. */
  readonly url: string | null;
  readonly expiresAt: number | null;
  /** False: `uploadStates` reports when the file is usable. */
  readonly ready: boolean;
}

/** A file or model of the account at the vendor. */
export interface RemoteThing {
  readonly id: string;
  /** A file name or a model's name; null if the vendor does not show it. */
  readonly name: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number | null;
  /** The vendor's word for its state, or its kind. */
  readonly state: string | null;
}

export interface RemoteFiles {
  list(): Promise<Listing<RemoteThing>>;
  delete?(id: string): Promise<void>;
}

export interface TrainingPort {
  /** The account's trained models, those in training included. */
  list(): Promise<Listing<RemoteThing>>;
  create(subject: { name: string; subject: JsonObject }): Promise<string>;
  /** Adds one training image and returns the vendor's id of it. */
  addImage(model: string, file: FileToUpload): Promise<string>;
  /** Ids of the model's images: the training images, or those attached as references. */
  listImages(model: string, purpose: 'training' | 'reference'): Promise<Listing<string>>;
  /** Paid. */
  start(model: string, deadline: SendDeadline): Promise<void>;
  check(
    model: string,
  ): Promise<
    | { readonly phase: 'new' | 'training' | 'ready' }
    | { readonly phase: 'missing' }
    | { readonly phase: 'failed'; readonly reason: string }
  >;
  delete(model: string): Promise<void>;
}
