import type { Json, JsonObject } from '../json.ts';

/** A reference of a planned shot, before it is sent to a vendor. */
export type Reference = { readonly role?: string } & (
  | { readonly kind: 'file'; readonly sha256: string; readonly path: string }
  | { readonly kind: 'link'; readonly url: string }
  /** An output of an earlier step; `submission` made it, `index` counts its files from 0. */
  | {
      readonly kind: 'output';
      readonly sha256: string;
      readonly submission: string;
      readonly index: number;
    }
);

/** The images and the person of one training; equal sets are trained once per account. */
export interface TrainingSet {
  /** sha-256 over account-independent facts: the images' bytes (sorted) and the subject, not the name. */
  readonly fingerprint: string;
  /** Name shown at the vendor. */
  readonly name: string;
  /** gender, age, ethnicity, eyeColor: the fields of the vendor's TrainingSpec. */
  readonly subject: JsonObject;
  readonly images: readonly { readonly sha256: string; readonly path: string }[];
}

/** The model of a shot. `existing`: trained earlier or elsewhere, known by the vendor's id. */
export type ModelChoice =
  | { readonly kind: 'public'; readonly id: string }
  | { readonly kind: 'training'; readonly set: TrainingSet }
  | { readonly kind: 'existing'; readonly id: string };

/**
 * One rendered request in vendor-neutral form. It is checked against the model, has values in the
 * vendor's spelling, and omits absent fields. Plain JSON; the ledger keeps this per shot.
 */
export interface ShotRequest {
  readonly account: string;
  /** `ModelSpec.id`. */
  readonly model: string;
  readonly choice: ModelChoice;
  readonly prompt?: string;
  readonly aspectRatio?: string;
  readonly resolution?: string;
  readonly duration?: number;
  readonly outputs?: number;
  readonly seed?: number;
  readonly options: { readonly [name: string]: Json };
  readonly references: readonly Reference[];
}
