import { dataMistake, openAxes } from './axes.ts';
import type { Axis } from './axes.ts';
import { openRows } from './data.ts';
import type { Table } from './data.ts';
import type { BatchDocument, Step } from './document.ts';
import type { Files } from './files.ts';
import { KnownNames, varOrigin } from './known-names.ts';
import type { Mistake } from './problem-at.ts';

/** What a step multiplies, and the names that its templates may use. */
export interface StepData {
  readonly table: Table | undefined;
  readonly axes: readonly Axis[];
  readonly known: KnownNames;
}

/** Opens the rows and axes of a step, and those of the steps that it reads for their names. */
export function openData(
  document: BatchDocument,
  step: Step,
  files: Files,
  mistakes: Mistake[],
): StepData {
  const known = new KnownNames();
  const path = ['steps', step.name];
  const ignored: Mistake[] = [];
  for (const [name, value] of Object.entries(document.vars))
    known.define(name, varOrigin, [value], ['vars', name], mistakes);
  for (const from of step.from ?? []) {
    const upstream = document.steps.find((each) => each.name === from);
    if (upstream)
      known.inherit(openData(document, upstream, files, ignored).known.withoutVars(), from);
  }
  let table: Table | undefined;
  if (step.rows !== undefined) {
    const result = openRows(step.rows, files);
    if (result.ok) table = result.table;
    else mistakes.push(dataMistake(result, [...path, 'rows']));
  }
  for (const column of table?.columns ?? [])
    known.define(column, 'a column', [null], [...path, 'rows'], mistakes);
  const axes = openAxes(step, files, mistakes);
  for (const axis of axes)
    if (axis.kind === 'matrix')
      known.define(axis.name, 'an axis', axis.values, axis.path, mistakes);
  return { table, axes, known };
}
