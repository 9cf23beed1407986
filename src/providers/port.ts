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
 * What a vendor is before any key is known: its catalogue, prices and limits. Pure. One folder per vendor
 * makes one of these; `registry.ts` lists them.
 */
export interface Vendor {
  /** Also the default account's name; environment variables derive from it. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Where a person signs in to look after things that have no call. */
  readonly site: string;
  /** Everything before the documented paths. */
  readonly baseUrl: string;
  readonly timeouts: Timeouts;
  /** Strict schema of the account settings that only this vendor has (dialect, organisation, ...). */
  readonly settings: z.ZodType<JsonObject>;
  /** What an account with these settings offers. Pure; `learned` is what the vendor itself told last. */
  offer(settings: JsonObject, learned: Learned): Offer;
  connect(connection: Connection): Provider;
}

/** An account's catalogue, prices and limits. */
export interface Offer {
  readonly models: readonly ModelSpec[];
  readonly training: TrainingSpec | undefined;
  /** Which files `upload` and training take, as documented; also checked before anything is sent. */
  readonly uploads?: FileRules;
  readonly limits: Limits;
  readonly jobStatuses: JobStatuses;
  price(request: ShotRequest, prices: PriceOverrides): Price;
  trainingPrice(prices: PriceOverrides): Price;
  /**
   * All that the vendor's price of a request depends on, as one line of text; undefined where it needs no
   * asking. Where a quote for the same key is learned, `price` uses it.
   */
  quoteKey?(request: ShotRequest): string | undefined;
  /** Every `upload` is answered with a link that anyone may fetch, so the account can host files for another. */
  readonly publicUploads?: boolean;
}

/** What a vendor has told of an account by free calls and by its bills, kept in the ledger. */
export interface Learned {
  /** The last answer of `Provider.discover`; undefined: never asked. */
  readonly models: Json | undefined;
  /** Undefined: never asked. */
  quote(key: string): Amount | undefined;
  /** What the vendor said against this very request instead of a price; this process alone knows it. */
  refusal?(key: string, request: ShotRequest): string | undefined;
  /** What such a request was billed above its price; undefined: never. Not for `Vendor.offer`. */
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
  /** Jobs alive at once. */
  readonly inFlight: number;
  /** Which requests `perMinute` counts: paid ones, or polls and uploads as well. */
  readonly counts: 'paid' | 'all';
}

/** All in milliseconds. */
export interface Timeouts {
  readonly postMs: number;
  readonly imageJobMs: number;
  readonly videoJobMs: number;
  readonly trainingMs: number;
  /** First poll after a job's start, and the vendor's advised interval. */
  readonly pollFirstMs: number;
  readonly pollMs: number;
  readonly trainingPollMs: number;
  /** How long a job may be missing from the vendor's list after its request is over, at least. */
  readonly listLagMs: number;
}

/** `prices:` of an account: by model id, `trained`, `training`, ...; a number, or by resolution. Decimal text in the unit. */
export type PriceOverrides = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface Connection {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly settings: JsonObject;
  /** Awaited before every request that has no deadline, where the vendor's rate counts those too. */
  readonly pace?: (() => Promise<void>) | undefined;
  /** Shared by all connections of an account in a process; without it a connection has its own. */
  readonly backoff?: Backoff | undefined;
}

/** A request with every reference at the vendor, ready to be sent. */
export interface StartRequest {
  readonly request: ShotRequest;
  /** What the model makes: a model that only the vendor's live list tells may have its own path by it. */
  readonly makes: MediaKind;
  /** The trained model's id at the vendor, where one is asked. */
  readonly trainedModel: string | undefined;
  /** One per `request.references`, in order. */
  readonly references: readonly ResolvedReference[];
}
export interface ResolvedReference {
  readonly role: string | undefined;
  /** What `upload` or a job's output returned for it at this account. */
  readonly remote: Json | undefined;
  /** A public link to it. */
  readonly url: string | undefined;
}

export interface FileToUpload {
  readonly sha256: string;
  readonly mime: string;
  readonly bytes: number;
  readonly name: string;
  /** Absolute path of the bytes; streamed, never held. */
  readonly path: string;
  /** Trained-model references belong to a model. */
  readonly trainedModel: string | undefined;
}

/** Plain JSON: all that is needed to ask for the job again after a crash. */
export type JobRef = JsonObject;

export interface JobOutput {
  /** The vendor's id of the file where it has one (needed to upscale it), else null. */
  readonly remote: Json;
  /** Null where `prepare` must be asked first. Text that the job returned inline is a `data:` URL. */
  readonly url: string | null;
  /** Epoch ms at which the vendor drops the URL; null: not documented. */
  readonly expiresAt: number | null;
}

export type JobState =
  /** `known` false: the vendor documents no such status. */
  | { readonly state: 'pending'; readonly status: string; readonly known: boolean }
  | (Delivery & { readonly state: 'succeeded'; readonly billed: Amount | null })
  /** `refunded` null: the vendor does not say; `promised`: it will be, and a later check will tell. */
  | {
      readonly state: 'failed';
      readonly reason: string;
      readonly refunded: boolean | 'promised' | null;
      readonly billed: Amount | null;
    }
  /** The vendor says it does not know the id. */
  | { readonly state: 'missing' };

/**
 * What a list showed. Where some of its entries could not be read it is not whole: that it does not show
 * something proves nothing.
 */
export interface Listing<Entry> {
  readonly entries: readonly Entry[];
  readonly unreadable: number;
}

export interface ListedJob {
  readonly job: JobRef;
  /** The vendor's id, unique per account. */
  readonly id: string;
  /** Epoch ms by the vendor's clock; null where the list does not tell, or not so that it can be read. */
  readonly createdAt: number | null;
  readonly billed: Amount | null;
  /** Absent where the list does not tell, or by a word that is not known. */
  readonly state?: 'pending' | 'ended';
}

/** What the vendor reveals of a job; fields that it does not are absent. */
export interface JobDescription {
  /** Whether it is over, however it ended. */
  readonly ended?: boolean;
  readonly model?: string;
  readonly prompt?: string;
  readonly parameters?: JsonObject;
  readonly operation?: 'image' | 'video' | 'upscale' | 'train';
  /** The remote id of the one output that the job reads, for operations that read just one. */
  readonly source?: string;
}

/** What an error says about the request, and about the account. */
export interface Verdict {
  /** `refused`: surely no job. `ambiguous`: there may be one. `notSent`: nothing left this machine. */
  readonly request: 'refused' | 'ambiguous' | 'notSent';
  readonly account:
    | { readonly kind: 'fine' }
    /** `retryAfterMs`: how long it is left alone, at least as long as it asks for. */
    | { readonly kind: 'limited' | 'unreachable'; readonly retryAfterMs: number }
    | { readonly kind: 'noFunds' }
    | { readonly kind: 'badKey' }
    /** 403: may concern this model only. */
    | { readonly kind: 'forbidden' };
  /** For a person; holds no key. */
  readonly message: string;
}

export interface StartedJob {
  readonly job: JobRef;
  /** The vendor's id, unique per account. */
  readonly id: string;
  /** What the answer says that the job costs; absent where it does not. */
  readonly billed?: Amount | null;
}

export interface Verification {
  /** `ambiguous`: something has answered, and not in a way that says anything of the key. */
  readonly key: 'good' | 'refused' | 'limited' | 'unreachable' | 'ambiguous';
  /** Null where the vendor has no such call. */
  readonly balance: Amount | null;
  readonly message: string;
}

/** The vendor with a key: one request per call, never a loop, never the ledger. */
export interface Provider {
  /** @throws HttpError, NetworkError, TimeoutError, ResponseShapeError; hand them to `classify` */
  start(request: StartRequest, deadline: SendDeadline): Promise<StartedJob>;
  check(job: JobRef): Promise<JobState>;
  /** How to ask for a job of which a person knows the vendor's id alone. */
  jobRef(id: string): JobRef;
  /** Asks for a file that must be made ready before it can be fetched. */
  prepare?(output: JobOutput): Promise<{ ready: false } | { ready: true; url: string }>;
  upload?(file: FileToUpload): Promise<UploadedFile>;
  /** How uploads stand, in their order; absent where the vendor has no call that tells. */
  uploadStates?(remotes: readonly Json[]): Promise<readonly UploadState[]>;
  /** Uploads that the account holds, and how one is taken away; absent where the vendor has no such call. */
  readonly files?: RemoteFiles;
  /**
   * Jobs created in the window (epoch ms by the vendor's clock), and those whose time cannot be read;
   * oldest first, those last; pages are followed up to a cap.
   * @throws IncompleteListError beyond the cap, or where the vendor shows less than all
   */
  listJobs?(sinceMs: number, untilMs: number): Promise<Listing<ListedJob>>;
  describe?(job: JobRef): Promise<JobDescription>;
  train?: TrainingPort;
  presets?(): Promise<Listing<{ id: string; name: string }>>;
  /** The models that only a live list tells; plain JSON that `Vendor.offer` reads. */
  discover?(): Promise<Json>;
  /** What the vendor's price call says; free. */
  quote?(request: ShotRequest): Promise<Quoted>;
  verify(): Promise<Verification>;
  classify(error: unknown): Verdict;
}

/** A price, or the vendor's own words on a request that it would not take. */
export type Quoted = { readonly amount: Amount } | { readonly refused: string };

/** `unknown`: a list that is not whole does not show it. */
export type UploadState = 'processing' | 'ready' | 'failed' | 'missing' | 'unknown';

export interface UploadedFile {
  /** How a start names the file. */
  readonly remote: Json;
  /** A public link to it, where the vendor gives one. */
  readonly url: string | null;
  readonly expiresAt: number | null;
  /** False: `uploadStates` tells when it may be used. */
  readonly ready: boolean;
}

/** Something of a person's that lies at the vendor. */
export interface RemoteThing {
  readonly id: string;
  /** As far as the vendor tells: a file name, a model's name. */
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
  /** Models that the account has trained or begun to. */
  list(): Promise<Listing<RemoteThing>>;
  create(subject: { name: string; subject: JsonObject }): Promise<string>;
  /** Adds one training image and returns the vendor's id of it. */
  addImage(model: string, file: FileToUpload): Promise<string>;
  /** Ids of the images of the model: those to train from, or those that references attached. */
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
