/** A place in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the marked text, for the underline. */
  readonly length?: number;
}

/** One mistake in a batch, described so that a person can fix it. A batch with an error is never sent. */
export interface Problem {
  readonly severity: 'error' | 'note';
  /** What is wrong, in one line: `unknown key aspectRatoi`. */
  readonly message: string;
  readonly place: Place;
  /** Keys to the value: `['steps', 'sizes', 'aspectRatoi']`. */
  readonly path: readonly (string | number)[];
  /** Shown after the underline: `it takes 1:1, 4:3`. */
  readonly hint?: string;
  readonly allowed?: readonly string[];
  readonly didYouMean?: string;
  /** Further context: `step compare, model pa`, `row 147 (sku 00987)`. */
  readonly context?: string;
  /** Further lines of advice. */
  readonly advice?: readonly string[];
}
