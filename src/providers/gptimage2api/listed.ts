import type { ModelSpec } from '../../batch/model-spec.ts';

/** One line of the vendor's price list; what it does not name, it does not depend on. */
export interface PriceRow {
  readonly credits: number;
  readonly resolution?: string;
  readonly duration?: number;
}

/** A model as the vendor lists it; without prices where its numbers are not documented. */
export interface Listed {
  readonly spec: ModelSpec;
  readonly prices: readonly PriceRow[];
}

/** The vendor's spellings that have a common name, with what to write instead. */
export const insteadOf: Readonly<Record<string, string>> = {
  inputImageUrls: 'references',
  inputMode: 'references, whose presence says it',
};
