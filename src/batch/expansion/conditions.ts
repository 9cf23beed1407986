import type { Json } from '../../json.ts';
import type { Axis } from './axes.ts';
import type { Condition, Step } from '../file/document.ts';
import { type KnownNames, unknownName } from '../templates/known-names.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import { didYouMean } from '../file/suggest.ts';

interface Comparison {
  readonly segments: readonly string[];
  readonly key: string;
  readonly values: readonly { value: Json; path: DocumentPath }[];
}

/** `where` and `exclude` of one step. Remembers only the values that no cell had so far. */
export interface Conditions {
  /** Whether the cell stays: it matches some `where` or there is none, and it matches no `exclude`. */
  keeps(cell: Readonly<Record<string, unknown>>): boolean;
  /** Column values that no cell had, as notes. Complete after a full pass. */
  neverMet(): Mistake[];
}

/** Compares as text. `null` matches a blank. `key` is a name as in templates. */
function matchesValue(actual: unknown, wanted: Json): boolean {
  if (wanted === null) return actual === undefined || actual === null || actual === '';
  if (actual === undefined || actual === null) return false;
  return conditionText(actual) === conditionText(wanted);
}

function conditionText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function openConditions(
  step: Step,
  axes: readonly Axis[],
  known: KnownNames,
  mistakes: Mistake[],
): Conditions {
  const read = (kind: 'where' | 'exclude') =>
    step[kind].map((condition, index) =>
      readCondition(condition, kind, ['steps', step.name, kind, index], {
        step,
        axes,
        known,
        mistakes,
      }),
    );
  const where = read('where');
  const exclude = read('exclude');
  const met = new Set<object>();
  const matches = (comparisons: readonly Comparison[], cell: Readonly<Record<string, unknown>>) => {
    let all = true;
    for (const { segments, values } of comparisons) {
      const actual = valueAt(cell, segments);
      const found = values.find(({ value }) => matchesValue(actual, value));
      if (found) met.add(found);
      else all = false;
    }
    return all;
  };
  return {
    keeps(cell) {
      const kept = where.filter((condition) => matches(condition, cell)).length > 0;
      const dropped = exclude.filter((condition) => matches(condition, cell)).length > 0;
      return (kept || where.length === 0) && !dropped;
    },
    neverMet() {
      return [...where, ...exclude].flatMap((comparisons) =>
        comparisons.flatMap(({ key, values }) =>
          values
            .filter((each) => !met.has(each))
            .map(({ value, path }) => ({
              path,
              severity: 'note' as const,
              message: `${String(path[2])} never matches: ${key} is never ${JSON.stringify(value)}`,
            })),
        ),
      );
    },
  };
}

function valueAt(cell: Readonly<Record<string, unknown>>, segments: readonly string[]): unknown {
  let value: unknown = cell;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : undefined;
  }
  return value;
}

function readCondition(
  condition: Condition,
  kind: 'where' | 'exclude',
  path: DocumentPath,
  context: { step: Step; axes: readonly Axis[]; known: KnownNames; mistakes: Mistake[] },
): Comparison[] {
  return Object.entries(condition).map(([key, written]) => {
    const segments = key.split('.');
    const values = Array.isArray(written)
      ? written.map((value, index) => ({ value, path: [...path, key, index] }))
      : [{ value: written, path: [...path, key] }];
    const fieldAxes = context.axes.filter((axis) => axis.kind === 'field');
    const shotNames = ['step', 'row', 'model', ...fieldAxes.map((axis) => axis.name)];
    const hasSource = context.step.from !== undefined;
    const unknown = unknownName(segments, context.known, kind, shotNames, hasSource);
    if (unknown) context.mistakes.push({ path: [...path, key], at: 'key', ...unknown });
    else context.mistakes.push(...valuesNoAxisHas(kind, segments, values, context.axes));
    return { key, segments, values };
  });
}

function valuesNoAxisHas(
  kind: string,
  segments: readonly string[],
  values: Comparison['values'],
  axes: readonly Axis[],
): Mistake[] {
  const [root, ...inner] = segments;
  const axis =
    root === 'shot'
      ? axes.find((each) => each.kind === 'field' && each.name === inner[0])
      : axes.find((each) => each.kind === 'matrix' && each.name === root);
  // The axis of a file that could not be read has no values.
  if (!axis || axis.values.length === 0) return [];
  const deeper = root === 'shot' ? [] : inner;
  const present = axis.values.map((value) => valueAt({ value }, ['value', ...deeper]));
  const key = segments.join('.');
  return values
    .filter(({ value }) => !present.some((actual) => matchesValue(actual, value)))
    .map(({ value, path }) => {
      const allowed = [...new Set(present.map(conditionText))];
      return {
        path,
        message: `${kind} never matches: ${key} is never ${JSON.stringify(value)}`,
        hint: `the axis has ${allowed.join(', ')}`,
        allowed,
        didYouMean: didYouMean(conditionText(value), allowed),
      };
    });
}
