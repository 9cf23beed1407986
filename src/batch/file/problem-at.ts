import type { BatchDocument } from './document.ts';
import type { Place, Problem } from '../problem.ts';

export type DocumentPath = readonly (string | number)[];

/** A mistake at a path of the document, before its line is looked up. */
export interface Mistake {
  readonly path: DocumentPath;
  readonly message: string;
  readonly at?: 'key' | 'value';
  /** A place outside the batch file: a line of a data file. */
  readonly place?: Place;
  readonly severity?: Problem['severity'];
  readonly hint?: string;
  readonly allowed?: readonly string[];
  readonly didYouMean?: string;
  readonly advice?: readonly string[];
}

/** The mistake with its line and column. `context` names the step and the model. */
export function problemAt(document: BatchDocument, mistake: Mistake, context?: string): Problem {
  const { at, place, severity, ...rest } = mistake;
  return {
    severity: severity ?? 'error',
    ...rest,
    place: place ?? document.place(mistake.path, at ?? 'value'),
    ...(context === undefined ? {} : { context }),
  };
}
