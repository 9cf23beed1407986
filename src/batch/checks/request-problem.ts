import type { Json } from '../../json.ts';
import type { DocumentPath } from '../file/problem-at.ts';
import type { CheckedValue } from './check-value.ts';

/** One mistake in a request. `field` is for example `prompt`, `seed`, `options.steps` or `references`. */
export interface RequestProblem {
  readonly field: string;
  /** The exact place; default: the place of the field. */
  readonly path?: DocumentPath;
  readonly message: string;
  readonly hint?: string;
  readonly allowed?: readonly string[];
  readonly didYouMean?: string;
}

/** The problem for a value that a field refuses. */
export function fieldProblem(
  field: string,
  value: Json,
  model: string,
  result: Extract<CheckedValue, { ok: false }>,
): RequestProblem {
  const { ok: _, ...explanation } = result;
  const name = field.replace(/^options\./, '');
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const excerpt = [...shown].length > 60 ? `${[...shown].slice(0, 57).join('')}...` : shown;
  return { field, message: `${model} takes no ${name} ${excerpt}`, ...explanation };
}
