import type { ModelSpec } from '../../batch/model-spec.ts';

/** One line of the vendor's price list. Absent fields do not affect the price. */
export interface PriceRow {
  readonly credits: number;
  readonly resolution?: string;
  readonly duration?: number;
}

/** A model in the vendor's list. `prices` is empty if its prices are not documented. */
export interface Listed {
  readonly spec: ModelSpec;
  readonly prices: readonly PriceRow[];
}

/** The vendor's names for common fields, with their replacements. */
export const insteadOf: Readonly<Record<string, string>> = {
  inputImageUrls: 'references',
  inputMode: 'references, whose presence says it',
};
