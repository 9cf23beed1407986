import type { Json } from '../json.ts';
import type { Price, Unit } from '../money.ts';
import type { ShotRequest } from './request.ts';

/** The kind of a file, as one step can pass it to another. */
export type MediaKind = 'image' | 'video' | 'vector' | 'audio' | 'text';

/**
 * The values that a field takes, as data. One table checks a request, explains an error, prints
 * `shotlist models` and fills the vendor's docs page.
 */
export type FieldSpec = { readonly default?: Json; readonly note?: string } & (
  | { readonly kind: 'choice'; readonly values: readonly (string | number)[] }
  | { readonly kind: 'integer' | 'number'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text'; readonly maxLength?: number; readonly format?: 'uuid' }
  | { readonly kind: 'list'; readonly of: FieldSpec; readonly max?: number }
  | { readonly kind: 'json' }
);

export const commonFields = ['aspectRatio', 'resolution', 'duration', 'outputs', 'seed'] as const;
export type CommonField = (typeof commonFields)[number];

export interface ReferenceSpec {
  readonly min: number;
  readonly max: number;
  /** Media kinds the model reads. */
  readonly reads: readonly MediaKind[];
  /**
   * How a reference may arrive. `file`: local bytes, uploaded. `link`: a public URL, sent
   * unchanged. `own`: an output that the same account made. For a model that takes only files, a
   * link is downloaded first.
   */
  readonly takes: readonly ('file' | 'link' | 'own')[];
  /** Roles the model knows; the first is the default. Empty: none. */
  readonly roles: readonly string[];
  /** Media kind by role, if it is not `reads[0]`. */
  readonly readsByRole?: Readonly<Record<string, MediaKind>>;
}

/** A rule between fields that a request violates. */
export interface RuleBreach {
  readonly field: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** All facts about one model that the language needs. The vendor's catalogue is a list of these. */
export interface ModelSpec {
  /** The vendor's own id, as written after the colon: `nanobanana-pro`. Trained models share the id `trained`. */
  readonly id: string;
  readonly operation: 'image' | 'video' | 'upscale' | 'edit' | 'text';
  readonly makes: MediaKind;
  /** Stands for every model that the account trained. */
  readonly trained: boolean;
  readonly prompt: 'required' | 'optional' | 'none';
  readonly promptMaxLength?: number;
  /** Common fields that the model takes. An absent one is refused. */
  readonly fields: Partial<Record<CommonField, FieldSpec>>;
  readonly references: ReferenceSpec;
  /** The vendor's own options by their leaf names. `unchecked` when the vendor documents none. */
  readonly options: Readonly<Record<string, FieldSpec>> | 'unchecked';
  /** Vendor spellings refused under `options`, with what to write instead: `{ numImages: 'outputs' }`. */
  readonly insteadOf: Readonly<Record<string, string>>;
  /**
   * Rules between fields ("duration must be 8 with a reference_image"). Each breach names the wrong
   * field (`duration`, `options.outputCompression`, `references`) and says what is allowed.
   */
  readonly check?: (request: ShotRequest) => readonly RuleBreach[];
  /** Open questions in the model's documentation, shown by `shotlist models`. */
  readonly notes: readonly string[];
}

/** The files that a vendor accepts for upload. An absent rule is not documented. */
export interface FileRules {
  /** Mime types, such as `image/jpeg`. */
  readonly types?: readonly string[];
  /** Maximum size of one file. */
  readonly bytesMax?: number;
}

/** The training options of an account, if its vendor trains models. */
export interface TrainingSpec {
  readonly imagesMin: number;
  readonly imagesMax: number;
  /** Maximum number of different references of a trained model. Undefined: no documented limit. */
  readonly referencesMax?: number;
  /** Subject fields besides `images` and `name`: `gender`, `age`, ... */
  readonly subject: Readonly<Record<string, FieldSpec & { readonly required: boolean }>>;
}

/** An account in the language: no key, no URL. */
export interface AccountSpec {
  /** As written before the colon. */
  readonly name: string;
  /** The ledger's key for it; see `accountKey` in config. */
  readonly key: string;
  /** The same for all accounts of one vendor. */
  readonly vendor: string;
  readonly unit: Unit;
  readonly models: readonly ModelSpec[];
  readonly training: TrainingSpec | undefined;
  /** The files that the account accepts, for references and training images. Undefined: not documented. */
  readonly uploads?: FileRules | undefined;
  /** Whether local files can be passed on as a public link (`referenceHost`). */
  readonly hostsFiles: boolean;
  /**
   * The files that the hosting account accepts. Undefined for a bucket, which accepts all, or
   * without a host.
   */
  readonly hostUploads?: { readonly by: string; readonly rules: FileRules } | undefined;
  price(request: ShotRequest): Price;
  /** The vendor's message when it refused this request while asked for its price. */
  refusal?(request: ShotRequest): string | undefined;
  /** Price of one training run. */
  trainingPrice(): Price;
}

/** The accounts that a batch may name. */
export type Catalogue = ReadonlyMap<string, AccountSpec>;
