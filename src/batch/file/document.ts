import type { Json, JsonObject } from '../../json.ts';
import type { Amount, Unit } from '../../money.ts';
import type { Place } from '../problem.ts';

/**
 * A batch file after YAML and schema checks, before any template is rendered. Values of request
 * fields may hold templates. `place` finds the line of any value.
 */
export interface BatchDocument {
  readonly file: string;
  readonly source: string;
  readonly batch: string;
  readonly budget: Readonly<Record<string, { readonly amount: Amount; readonly unit: Unit }>>;
  readonly vars: Readonly<Record<string, Json>>;
  readonly models: Readonly<Record<string, ModelEntry>>;
  readonly policy: Policy;
  readonly steps: readonly Step[];
  /** Position of the value (or, with `key`, of the key) at a path such as `['steps', 'draw', 'prompt']`. */
  place(path: readonly (string | number)[], what?: 'key' | 'value'): Place;
}

export interface Policy {
  readonly retries: number;
  readonly paidRetries: number;
  readonly maxFailures:
    | { readonly kind: 'count'; readonly count: number }
    | { readonly kind: 'percent'; readonly percent: number }
    | { readonly kind: 'none' };
  readonly onAmbiguous: 'park' | 'resubmit';
}

/** Settings that a model or a step may give. In a step, a list is an axis, except under `references`. */
export interface RequestSettings {
  readonly references?: ReferenceEntry | readonly ReferenceEntry[] | null;
  readonly aspectRatio?: Scalar | readonly Scalar[] | null;
  readonly resolution?: Scalar | readonly Scalar[] | null;
  readonly duration?: Scalar | readonly Scalar[] | null;
  readonly outputs?: Scalar | null;
  readonly seed?: Scalar | readonly Scalar[] | null;
  readonly options?: Readonly<Record<string, Json>> | string | null;
}
type Scalar = string | number;
type ReferenceEntry = string | { readonly file: string; readonly role?: string };

export type ModelEntry = RequestSettings & {
  /** `account:model`. */
  readonly use?: string;
  readonly unchecked?: boolean;
  readonly train?:
    | { readonly account: string; readonly id: string }
    | ({
        readonly account: string;
        readonly images: string | readonly string[];
        readonly name: string;
      } & {
        readonly [subject: string]: Json;
      });
};

export interface Step extends RequestSettings {
  readonly name: string;
  readonly rows?: string | readonly JsonObject[];
  readonly from?: readonly string[];
  readonly pick: 'all' | 'approved';
  readonly matrix: Readonly<Record<string, readonly Json[] | string>>;
  readonly where: readonly Condition[];
  readonly exclude: readonly Condition[];
  readonly takes: Scalar;
  readonly model: string | readonly string[];
  readonly prompt?: string | readonly string[];
  readonly nameTemplate?: string;
}
export type Condition = Readonly<Record<string, Json>>;
