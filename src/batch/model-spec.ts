import type { Json } from '../json.ts';
import type { Price, Unit } from '../money.ts';
import type { ShotRequest } from './request.ts';

/** What a file is, as far as one step can hand it to another. */
export type MediaKind = 'image' | 'video' | 'vector' | 'audio' | 'text';

/**
 * What values a field takes, as data: the same table checks a request, explains an error, prints
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
   * How a reference may arrive. `file`: local bytes, uploaded. `link`: a public URL, sent as it is.
   * `own`: an output that the same account made. A link to a model that takes files only is downloaded first.
   */
  readonly takes: readonly ('file' | 'link' | 'own')[];
  /** Roles the model knows; the first is the default. Empty: none. */
  readonly roles: readonly string[];
  /** Media kind by role, where it is not `reads[0]`. */
  readonly readsByRole?: Readonly<Record<string, MediaKind>>;
}

/** A rule between fields that a request breaks. */
export interface RuleBreach {
  readonly field: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** All that the language needs to know of one model; the vendor's catalogue is a list of these. */
export interface ModelSpec {
  /** The vendor's own id, as written after the colon: `nanobanana-pro`. Trained models share the id `trained`. */
  readonly id: string;
  readonly operation: 'image' | 'video' | 'upscale' | 'edit' | 'text';
  readonly makes: MediaKind;
  /** Stands for every model that the account trained. */
  readonly trained: boolean;
  readonly prompt: 'required' | 'optional' | 'none';
  readonly promptMaxLength?: number;
  /** Common fields that the model takes; one that is absent here is refused. */
  readonly fields: Partial<Record<CommonField, FieldSpec>>;
  readonly references: ReferenceSpec;
  /** The vendor's own options by their leaf names, or `unchecked` where the vendor documents none. */
  readonly options: Readonly<Record<string, FieldSpec>> | 'unchecked';
  /** Vendor spellings refused under `options`, with what to write instead: `{ numImages: 'outputs' }`. */
  readonly insteadOf: Readonly<Record<string, string>>;
  /**
   * Rules between fields ("duration must be 8 with a reference_image"). Each answer names the field that
   * is wrong (`duration`, `options.outputCompression`, `references`) and says what is allowed.
   */
  readonly check?: (request: ShotRequest) => readonly RuleBreach[];
  /** What the documents leave open about this model, shown by `shotlist models`. */
  readonly notes: readonly string[];
}

/** Which files a vendor takes when they are uploaded; what is absent is not documented. */
export interface FileRules {
  /** Mime types, such as `image/jpeg`. */
  readonly types?: readonly string[];
  /** Of one file. */
  readonly bytesMax?: number;
}

/** What an account can train, where its vendor trains models at all. */
export interface TrainingSpec {
  readonly imagesMin: number;
  readonly imagesMax: number;
  /** Different references that a trained model keeps; undefined: no documented limit. */
  readonly referencesMax?: number;
  /** Subject fields beside `images` and `name`: `gender`, `age`, ... */
  readonly subject: Readonly<Record<string, FieldSpec & { readonly required: boolean }>>;
}

/** An account as the language sees it: no key, no URL. */
export interface AccountSpec {
  /** As written before the colon. */
  readonly name: string;
  /** The ledger's key for it; see `accountKey` in config. */
  readonly key: string;
  /** Accounts of one vendor have it in common. */
  readonly vendor: string;
  readonly unit: Unit;
  readonly models: readonly ModelSpec[];
  readonly training: TrainingSpec | undefined;
  /** Which files the account takes, references and training images; undefined: nothing is documented. */
  readonly uploads?: FileRules | undefined;
  /** Whether local files can be handed over as a public link (`referenceHost`). */
  readonly hostsFiles: boolean;
  /** What the account that hands them over takes; undefined: a bucket, which takes all, or no account. */
  readonly hostUploads?: { readonly by: string; readonly rules: FileRules } | undefined;
  price(request: ShotRequest): Price;
  /** What the vendor said when it was asked for the price of this request and would not take it. */
  refusal?(request: ShotRequest): string | undefined;
  /** Price of one training run. */
  trainingPrice(): Price;
}

/** The accounts that a batch may name. */
export type Catalogue = ReadonlyMap<string, AccountSpec>;
