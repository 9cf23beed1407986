import { type Axis, dataMistake, openAxes } from './axes.ts';
import { type Table, openRows } from '../data/data.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import type { Files } from '../data/files.ts';
import { KnownNames, varOrigin } from '../templates/known-names.ts';
import type { Mistake } from '../file/problem-at.ts';

/** The rows and axes of a step, and the names that its templates may use. */
export interface StepData {
  readonly table: Table | undefined;
  readonly axes: readonly Axis[];
  readonly known: KnownNames;
}

/** Maximum number of combinations of a step. Dropped ones count, since all are evaluated. */
export const cellsMax = 1_000_000;
const shownMax = cellsMax.toLocaleString('en');

/** Opens the rows and axes of a step. Opens those of its source steps for their names. */
export function openData(
  document: BatchDocument,
  step: Step,
  files: Files,
  mistakes: Mistake[],
): StepData {
  const known = new KnownNames();
  const path = ['steps', step.name];
  for (const [name, value] of Object.entries(document.vars))
    known.define(name, varOrigin, [value], ['vars', name], mistakes);
  for (const from of step.from ?? []) {
    const upstream = document.steps.find((each) => each.name === from);
    if (upstream) known.inherit(upstreamNames(document, upstream, files), from);
  }
  let table: Table | undefined;
  if (step.rows !== undefined) {
    const result = openRows(step.rows, files);
    if (result.ok) table = result.table;
    else {
      known.lackTable();
      mistakes.push(dataMistake(result, [...path, 'rows']));
    }
  }
  for (const column of table?.columns ?? [])
    known.define(column, 'a column', [null], [...path, 'rows'], mistakes);
  const axes = openAxes(step, files, mistakes);
  for (const axis of axes)
    if (axis.kind === 'matrix')
      known.define(axis.name, 'an axis', axis.values, axis.path, mistakes);
  const cells = axes.reduce((count, axis) => count * axis.values.length, table?.count ?? 1);
  if (cells > cellsMax) mistakes.push({ path, message: tooManyCells(cells) });
  return { table, axes, known };
}

/** Inherited names per document, valid for the `Files` that gave them. */
const namesOf = new WeakMap<BatchDocument, { files: Files; steps: Map<string, KnownNames> }>();

/** Memoised: when every step reads all earlier ones, the number of paths grows exponentially. */
function upstreamNames(document: BatchDocument, step: Step, files: Files): KnownNames {
  const earlier = namesOf.get(document);
  const memory =
    earlier?.files === files ? earlier : { files, steps: new Map<string, KnownNames>() };
  namesOf.set(document, memory);
  const names = memory.steps.get(step.name) ?? openData(document, step, files, []).known;
  memory.steps.set(step.name, names);
  return names;
}

function tooManyCells(cells: number): string {
  const count = cells < 1e15 ? cells.toLocaleString('en') : 'far too many';
  return `rows and axes make ${count} combinations; a step takes ${shownMax}`;
}

export const tooManyShots = `the step makes more than ${shownMax} shots`;
