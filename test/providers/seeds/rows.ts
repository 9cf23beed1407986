import type { FieldSpec } from '../../../src/batch/model-spec.ts';
import type { ShotRequest } from '../../../src/batch/request.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import type { JobState, ResolvedReference, Verdict } from '../../../src/providers/port.ts';

/** The five documents that Shotlist was built from. */
type Document =
  | 'PhotoGPT image generation'
  | 'PhotoGPT API reference'
  | 'ProductAI generate'
  | 'Wonda image generation'
  | 'GPTImage2API generate image';

/** One sentence of a document, and what must hold because of it. */
export type Row = { readonly document: Document; readonly says: string } & (
  | FieldRow
  | ReferencesRow
  | PromptRow
  | RuleRow
  | PriceRow
  | BodyRow
  | StartedRow
  | StateRow
  | ErrorRow
  | PageRow
);

/** A field or option of these models: exactly these values, and where they stand in the body. */
export interface FieldRow {
  readonly kind: 'field';
  readonly models: readonly string[];
  /** `aspectRatio`, or `options.quality`. */
  readonly field: string;
  /** Path in the request body, dots between. */
  readonly at: string;
  readonly is: FieldSpec['kind'];
  readonly values?: readonly (string | number)[];
  readonly min?: number;
  readonly max?: number;
  /** What the vendor takes when the field is not sent; absent: the document does not say. */
  readonly default?: Json;
}

interface ReferencesRow {
  readonly kind: 'references';
  readonly models: readonly string[];
  readonly min: number;
  readonly max: number;
  /** As links, or as the vendor's ids of files. */
  readonly as: 'url' | 'remote';
  readonly at: string;
  /** The field takes one reference and not a list. */
  readonly single?: boolean;
}

interface PromptRow {
  readonly kind: 'prompt';
  readonly models: readonly string[];
  readonly prompt: 'required' | 'optional' | 'none';
  readonly maxLength?: number;
}

/** A rule between fields: this request is refused at that field, or taken where there is none. */
interface RuleRow {
  readonly kind: 'rule';
  readonly model: string;
  readonly request: Partial<ShotRequest>;
  readonly refuses: string | undefined;
}

interface PriceRow {
  readonly kind: 'price';
  readonly model: string;
  readonly request?: Partial<ShotRequest>;
  /** In the vendor's unit. */
  readonly amount: string;
}

/** What is sent for a request: the whole body, as the document prints it. */
interface BodyRow {
  readonly kind: 'body';
  readonly model: string;
  readonly request: Partial<ShotRequest>;
  readonly trainedModel?: string;
  readonly references?: readonly Partial<ResolvedReference>[];
  readonly path: string;
  readonly body: JsonObject;
}

/** An answer to a start, and the job id in it. */
interface StartedRow {
  readonly kind: 'started';
  readonly status: number;
  readonly answer: JsonObject;
  readonly id: string;
}

interface StateRow {
  readonly kind: 'state';
  readonly answer: JsonObject;
  /** As far as the document says it. */
  readonly state: Partial<Extract<JobState, { state: 'pending' | 'succeeded' | 'failed' }>>;
}

interface ErrorRow {
  readonly kind: 'error';
  readonly status: number;
  readonly answer: JsonObject;
  readonly request: Verdict['request'];
  readonly account: Verdict['account'];
  /** Stands in the message. */
  readonly text: string;
}

/** A fact that no code carries, or something that Shotlist leaves out: the vendor's page says so, in these words. */
interface PageRow {
  readonly kind: 'page';
  readonly docs: string;
}

/** A request out of the document's own examples; the simulator must take it. */
export interface Example {
  readonly document: Document;
  readonly says: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly json?: JsonObject;
  /** The `data` part beside an image in the part `file`. */
  readonly form?: JsonObject;
  readonly status: number;
  /** Paths in the answer that must be there; a placeholder keeps the value for later examples. */
  readonly answers: Readonly<Record<string, string | undefined>>;
  /** Jobs end first. */
  readonly afterJobs?: boolean;
}

export interface SeedTable {
  readonly vendor: string;
  /** As the document writes it, so that its examples are sent as they stand. */
  readonly apiKey: string;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** How an image is started, and an answer to it. */
  readonly start: {
    /** The documented address, or the end of it. */
    readonly url: string;
    readonly path: string;
    readonly status: number;
    readonly answer: JsonObject;
  };
  readonly rows: readonly Row[];
  /** In order, as one story. */
  readonly examples: readonly Example[];
}
