import { openAxes, dataMistake } from './axes.ts';
import type { Axis } from './axes.ts';
import { cellsOf, rowStarts, singleStart, sourceStarts } from './cells.ts';
import type { Cell } from './cells.ts';
import { lookUpModel } from './catalogue-lookup.ts';
import { checkValue } from './check-value.ts';
import { compileValue, renderValue } from './compiled-value.ts';
import { openConditions } from './conditions.ts';
import type { Conditions } from './conditions.ts';
import { openRows } from './data.ts';
import type { Table } from './data.ts';
import type { BatchDocument, Step } from './document.ts';
import type { Files } from './files.ts';
import { checkNames, KnownNames, varOrigin } from './known-names.ts';
import type { Catalogue } from './model-spec.ts';
import { problemAt } from './problem-at.ts';
import type { Mistake } from './problem-at.ts';
import type { Problem } from './problem.ts';
import { openRecipe } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import { renderShot } from './render-shot.ts';
import type { PlannedShot, SourceOutput } from './shot.ts';
import { SourceMarker } from './template.ts';

export interface ExpansionContext {
  readonly files: Files;
  readonly catalogue: Catalogue;
}

/** A shot, or why the shot of that row cannot be sent. */
export type Expanded =
  { readonly shot: PlannedShot } | { readonly problem: Problem; readonly origin: string };

/** A step, opened: its data files are read, its templates compiled and its names checked. */
export interface StepExpansion {
  readonly step: Step;
  /** Found before any shot; with an error among them there are no shots. */
  readonly problems: readonly Problem[];
  /** What multiplies to the cells: rows and axes with their counts. */
  readonly factors: readonly { readonly name: string; readonly count: number }[];
  /** Counts of the pass over `shots` that was begun last. */
  readonly tally: { readonly cells: number; readonly dropped: number; readonly shots: number };
  /**
   * The shots, lazily and always the same ones in the same order; earlier ones are not remembered.
   * A step that reads steps has those of the sources given; `firstOrdinal` continues an earlier pass.
   */
  shots(sources?: Iterable<SourceOutput>, firstOrdinal?: number): Generator<Expanded>;
  /** After a full pass: notes on conditions that no cell met. */
  notes(): readonly Problem[];
}

/** @throws Error when the document has no such step */
export function openStep(
  document: BatchDocument,
  stepName: string,
  context: ExpansionContext,
): StepExpansion {
  const step = stepNamed(document, stepName);
  const mistakes: Mistake[] = [];
  const problem = (mistake: Mistake, model?: string) =>
    problemAt(document, mistake, `step ${step.name}${model ? `, model ${model}` : ''}`);
  const data = openData(document, step, context.files, mistakes);
  const opened = openTemplates(document, step, data, context, mistakes);
  const problems = uniqueProblems([
    ...mistakes.map((mistake) => problem(mistake)),
    ...opened.modelMistakes.map(({ model, mistake }) => problem(mistake, model)),
  ]);
  const conditions: Conditions = opened.conditions;
  const tally = { cells: 0, dropped: 0, shots: 0 };
  const factors = [
    ...(data.table ? [{ name: 'rows', count: data.table.count }] : []),
    ...data.axes.map((axis) => ({ name: axis.name, count: axis.values.length })),
  ];
  function* shots(sources: Iterable<SourceOutput> = [], firstOrdinal = 0): Generator<Expanded> {
    Object.assign(tally, { cells: 0, dropped: 0, shots: 0 });
    if (problems.some(({ severity }) => severity === 'error')) return;
    const starts = step.from
      ? sourceStarts(sources, (source) => accountOfSource(document, context.catalogue, source))
      : data.table
        ? rowStarts(data.table, document, step)
        : [singleStart(document, step)];
    for (const cell of cellsOf(document, data.axes, starts)) {
      tally.cells += 1;
      if (!conditions.keeps(conditionScope(cell, step))) {
        tally.dropped += 1;
        continue;
      }
      const met: Mistake[] = [];
      const takes = takesOf(step, cell, met);
      for (let take = 1; take <= takes; take++) {
        const shotMistakes: Mistake[] = take === 1 ? met : [];
        const recipe = opened.recipeOf(cell, take, shotMistakes);
        const position = { take, takes, ordinal: firstOrdinal + tally.shots };
        const shotContext = { document, step, files: context.files, nameTemplate: opened.name };
        const shot = recipe && renderShot(recipe, cell, position, shotContext, shotMistakes);
        if (shot) {
          tally.shots += 1;
          yield { shot };
        }
        for (const mistake of shotMistakes)
          yield { problem: problem(mistake, recipe?.model.written), origin: cell.origin };
      }
      if (takes === 0)
        for (const mistake of met) yield { problem: problem(mistake), origin: cell.origin };
    }
  }
  return {
    step,
    problems,
    factors,
    tally,
    shots,
    notes: () => conditions.neverMet().map((mistake) => problem(mistake)),
  };
}

export function stepNamed(document: BatchDocument, name: string): Step {
  const step = document.steps.find((each) => each.name === name);
  if (!step) throw new Error(`batch ${document.batch} has no step ${name}`);
  return step;
}

interface StepData {
  readonly table: Table | undefined;
  readonly axes: readonly Axis[];
  readonly known: KnownNames;
}

function openData(
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

function openTemplates(
  document: BatchDocument,
  step: Step,
  { table, axes, known }: StepData,
  context: ExpansionContext,
  mistakes: Mistake[],
) {
  const path = ['steps', step.name];
  const names = { known, hasSource: step.from !== undefined };
  const used = new Set<string>();
  const modelMistakes: { model: string; mistake: Mistake }[] = [];
  const recipeContext = { document, step, axes, known, catalogue: context.catalogue };
  const recipes = new Map<string, Recipe | readonly Mistake[]>();
  const openModel = (written: string, at: readonly (string | number)[]) => {
    const opened = openRecipe(written, at, recipeContext, used);
    const failed = opened.mistakes.length > 0 || !opened.recipe;
    recipes.set(written, failed ? opened.mistakes : (opened.recipe as Recipe));
    return opened.mistakes;
  };
  const model =
    typeof step.model === 'string'
      ? compileValue(step.model, [...path, 'model'], mistakes)
      : undefined;
  const isFixed = model?.kind === 'template' && model.template.names.length === 0;
  const written = typeof step.model === 'string' ? (isFixed ? [step.model] : []) : step.model;
  written.forEach((name, index) => {
    const at = model ? [...path, 'model'] : [...path, 'model', index];
    for (const mistake of openModel(name, at)) modelMistakes.push({ model: name, mistake });
  });
  if (model) checkNames(model, 'model', names, used, mistakes);
  for (const axis of axes)
    for (const value of axis.compiled) checkNames(value, axis.name, names, used, mistakes);
  const name =
    step.nameTemplate === undefined
      ? undefined
      : compileValue(step.nameTemplate, [...path, 'name'], mistakes);
  const notCounted = new Set<string>();
  if (name) checkNames(name, 'name', names, notCounted, mistakes);
  const takes = compileValue(step.takes, [...path, 'takes'], mistakes);
  checkNames(takes, 'takes', names, notCounted, mistakes);
  const conditions = openConditions(step, axes, known, mistakes);
  if (!isFixed && model)
    for (const entry of Object.keys(document.models)) openRecipe(entry, path, recipeContext, used);
  const broken = mistakes.length + modelMistakes.length > 0;
  if (!broken) refuseUnused(step, table, axes, used, mistakes);
  const recipeOf = (cell: Cell, take: number, met: Mistake[]): Recipe | undefined => {
    const chosen = cell.fields.get('model')?.value ?? renderModel(cell, take, met);
    if (typeof chosen !== 'string') return undefined;
    if (!recipes.has(chosen)) openModel(chosen, [...path, 'model']);
    const recipe = recipes.get(chosen) as Recipe | readonly Mistake[];
    if (!('model' in recipe)) met.push(...recipe);
    return 'model' in recipe ? recipe : undefined;
  };
  function renderModel(cell: Cell, take: number, met: Mistake[]): string | undefined {
    const shot = { step: step.name, row: cell.row ?? null, take };
    const value = model && renderValue(model, { ...cell.scope, shot }, met);
    if (typeof value === 'string') return value;
    if (met.length === 0)
      met.push({ path: [...path, 'model'], message: 'model renders to nothing' });
    return undefined;
  }
  return { modelMistakes, conditions, name, recipeOf };
}

/** An axis that changes no request would buy the same picture again and again. */
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
      message: `no request uses the axis ${name}: its values would make the same picture`,
      hint: `write {{ ${name} }} where it belongs, or use takes for different pictures`,
    });
  }
  if (!table || used.has('shot.row') || table.columns.some((column) => used.has(column))) return;
  mistakes.push({
    path: ['steps', step.name, 'rows'],
    message: 'no request uses a column of rows: every row would make the same picture',
    hint: `the columns are ${table.columns.join(', ')}`,
  });
}

function takesOf(step: Step, cell: Cell, mistakes: Mistake[]): number {
  const path = ['steps', step.name, 'takes'];
  const compiled = compileValue(step.takes, path, mistakes);
  const value = renderValue(compiled, cell.scope, mistakes);
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

function conditionScope(cell: Cell, step: Step): Readonly<Record<string, unknown>> {
  const fixedModel = typeof step.model === 'string' ? { model: step.model } : {};
  const shot: Record<string, unknown> = { step: step.name, row: cell.row, ...fixedModel };
  for (const [name, { value }] of cell.fields) shot[name] = value;
  return { ...cell.scope, shot };
}

function accountOfSource(
  document: BatchDocument,
  catalogue: ExpansionContext['catalogue'],
  source: SourceOutput,
): string | undefined {
  const found = lookUpModel(document, catalogue, source.shot.writtenModel, ['steps']);
  return found.ok ? found.model.account.name : undefined;
}

/** A mistake in a model that several fields or models meet is told once. */
export function uniqueProblems(problems: readonly Problem[]): Problem[] {
  const unique = new Map<string, Problem>();
  for (const problem of problems) {
    const { file, line, column } = problem.place;
    const key = JSON.stringify([file, line, column, problem.message]);
    if (!unique.has(key)) unique.set(key, problem);
  }
  return [...unique.values()];
}
