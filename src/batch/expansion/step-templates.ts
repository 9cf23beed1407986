import type { Axis } from './axes.ts';
import type { Cell } from './cells.ts';
import { checkValue } from '../checks/check-value.ts';
import { type CompiledValue, compileValue, renderValue } from '../templates/compiled-value.ts';
import { type Conditions, openConditions } from './conditions.ts';
import type { Table } from '../data/data.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import { checkNames } from '../templates/known-names.ts';
import type { Catalogue } from '../model-spec.ts';
import type { Mistake } from '../file/problem-at.ts';
import type { StepData } from './step-data.ts';
import { type StepModels, openModels } from './step-models.ts';
import { SourceMarker } from '../templates/template.ts';

/** The parts of a step that are compiled once. */
export interface StepTemplates {
  readonly models: StepModels;
  readonly conditions: Conditions;
  readonly name: CompiledValue | undefined;
  /** Number of takes of a cell. 0 when `mistakes` says why there are none. */
  takesOf(cell: Cell, mistakes: Mistake[]): number;
}

/** Compiles a step. Checks every name in it, and that every axis and the rows are used. */
export function openTemplates(
  document: BatchDocument,
  step: Step,
  { table, axes, known }: StepData,
  catalogue: Catalogue,
  mistakes: Mistake[],
): StepTemplates {
  const path = ['steps', step.name];
  const names = { known, hasSource: step.from !== undefined };
  const used = new Set<string>();
  const models = openModels({ document, step, axes, known, catalogue }, used, mistakes);
  for (const axis of axes)
    for (const value of axis.compiled) checkNames(value, axis.name, names, used, mistakes);
  const name =
    step.nameTemplate === undefined
      ? undefined
      : compileValue(step.nameTemplate, [...path, 'name'], mistakes);
  const takes = compileValue(step.takes, [...path, 'takes'], mistakes);
  const changesNoRequest = new Set<string>();
  if (name) checkNames(name, 'name', names, changesNoRequest, mistakes);
  checkNames(takes, 'takes', names, changesNoRequest, mistakes);
  const conditions = openConditions(step, axes, known, mistakes);
  if (mistakes.length === 0 && models.mistakes.length === 0)
    refuseUnused(step, table, axes, used, mistakes);
  return { models, conditions, name, takesOf: (cell, met) => takesOf(takes, cell, met) };
}

/** Refuses an axis that changes no request: it would pay for the same image again and again. */
function refuseUnused(
  step: Step,
  table: Table | undefined,
  axes: readonly Axis[],
  used: ReadonlySet<string>,
  mistakes: Mistake[],
): void {
  for (const { kind, name, path } of axes) {
    if (kind === 'field' || used.has(name)) continue;
    mistakes.push({
      path,
      at: 'key',
      message: `no request uses the axis ${name}: its values would make the same image`,
      hint: `write {{ ${name} }} where it belongs, or use takes for different images`,
    });
  }
  if (!table || used.has('shot.row') || table.columns.some((column) => used.has(column))) return;
  mistakes.push({
    path: ['steps', step.name, 'rows'],
    message: 'no request uses a column of rows: every row would make the same image',
    hint: `the columns are ${table.columns.join(', ')}`,
  });
}

function takesOf(takes: CompiledValue, cell: Cell, mistakes: Mistake[]): number {
  const { path } = takes;
  const value = renderValue(takes, cell.scope, mistakes);
  if (mistakes.length > 0) return 0;
  if (value === undefined || value === null || value instanceof SourceMarker) {
    mistakes.push({ path, message: 'takes renders to nothing', hint: 'write | default: 1' });
    return 0;
  }
  const checked = checkValue(value, { kind: 'integer', min: 1, max: 100 });
  if (checked.ok) return Number(checked.value);
  mistakes.push({ path, message: `takes cannot be ${JSON.stringify(value)}`, hint: checked.hint });
  return 0;
}
