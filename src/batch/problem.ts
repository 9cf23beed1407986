/** A place in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the marked text, for the underline. */
  readonly length?: number;
}

/** One mistake in a batch, told so that the person can fix it. Nothing with an error is ever sent. */
export interface Problem {
  readonly severity: 'error' | 'note';
  /** What is wrong, in one line: `unknown key aspectRatoi`. */
  readonly message: string;
  readonly place: Place;
  /** Keys to the value: `['steps', 'sizes', 'aspectRatoi']`. */
  readonly path: readonly (string | number)[];
  /** Stands behind the underline: `it takes 1:1, 4:3`. */
  readonly hint?: string;
  readonly allowed?: readonly string[];
  readonly didYouMean?: string;
  /** Where it was met besides: `step compare, model pa`, `row 147 (sku 00987)`. */
  readonly context?: string;
  /** Further lines of advice. */
  readonly advice?: readonly string[];
}
