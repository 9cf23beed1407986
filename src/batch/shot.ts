import type { Json } from '../json.ts';
import type { Price } from '../money.ts';
import type { MediaKind } from './model-spec.ts';
import type { ShotRequest } from './request.ts';

/** One planned generation: exactly one request to one model. */
export interface PlannedShot {
  /** Readable identity in its batch: `portraits/linen-suit-lisbon--t2`. */
  readonly key: string;
  readonly step: string;
  /** File name without extension and without the step: `linen-suit-lisbon--t2`. */
  readonly name: string;
  /** `name` folded (NFC, lower case) for uniqueness in its step. */
  readonly folded: string;
  /** Position in its step's expansion, from 0. */
  readonly ordinal: number;
  readonly take: number;
  /** `AccountSpec.key`. */
  readonly account: string;
  /** sha-256 over everything that decides the result. Independent of the account. */
  readonly fingerprint: string;
  readonly request: ShotRequest;
  readonly price: Price;
  readonly makes: MediaKind;
  /** The model as written in the file; `{{ shot.model }}`. */
  readonly writtenModel: string;
  /** The template variables a dependent step inherits (row columns, axes; without vars). */
  readonly variables: Readonly<Record<string, Json>>;
  /** Place of its row, for messages: `products.csv:147`. */
  readonly origin: string;
}

/** A saved output of an earlier step, which becomes the cell of a step that reads it. */
export interface SourceOutput {
  readonly submission: string;
  /** Counts the files of the submission from 0. */
  readonly index: number;
  readonly sha256: string;
  readonly mime: string;
  /** The name of its file without step and extension: `linen--t2--1`. */
  readonly name: string;
  readonly shot: Pick<
    PlannedShot,
    'key' | 'step' | 'take' | 'writtenModel' | 'variables' | 'ordinal'
  > & {
    readonly prompt: string | undefined;
  };
}
