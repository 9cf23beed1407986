import { type Cell, cellsOf, rowStarts, singleStart, sourceStarts } from './cells.ts';
import { lookUpModel } from '../catalogue-lookup.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import type { Files } from '../data/files.ts';
import type { AccountSpec, Catalogue } from '../model-spec.ts';
import { type Mistake, problemAt } from '../file/problem-at.ts';
import type { Problem } from '../problem.ts';
import { renderShot } from './render-shot.ts';
import type { PlannedShot, SourceOutput } from '../shot.ts';
import { cellsMax, openData, tooManyShots } from './step-data.ts';
import { openTemplates } from './step-templates.ts';

export interface ExpansionContext {
  readonly files: Files;
  readonly catalogue: Catalogue;
}

/** A shot, or the problem that keeps the row's shot from being sent. */
export type Expanded =
  { readonly shot: PlannedShot } | { readonly problem: Problem; readonly origin: string };

/** An open step: its data files are read, its templates compiled and its names checked. */
export interface StepExpansion {
  readonly step: Step;
  /** Problems found before any shot. With an error there are no shots. */
  readonly problems: readonly Problem[];
  /** The factors of the number of cells: rows and axes with their counts. */
  readonly factors: readonly { readonly name: string; readonly count: number }[];
  /** Counts of the latest pass over `shots`. */
  readonly tally: { readonly cells: number; readonly dropped: number; readonly shots: number };
  /**
   * The shots, lazily. Each pass gives the same shots in the same order and remembers no earlier
   * ones. A step that reads steps gets its shots from `sources`. `firstOrdinal` continues an
   * earlier pass.
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
  const opened = openTemplates(document, step, data, context.catalogue, mistakes);
  const problems = uniqueProblems([
    ...mistakes.map((mistake) => problem(mistake)),
    ...opened.models.mistakes.map(({ model, mistake }) => problem(mistake, model)),
  ]);
  const { conditions, models, takesOf } = opened;
  const shotContext = { document, step, files: context.files, nameTemplate: opened.name };
  let latest = { cells: 0, dropped: 0, shots: 0 };

  function* shots(sources: Iterable<SourceOutput> = [], firstOrdinal = 0): Generator<Expanded> {
    const tally = { cells: 0, dropped: 0, shots: 0 };
    latest = tally;
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
      if (tally.cells > cellsMax || tally.shots > cellsMax) {
        const path = ['steps', step.name];
        yield { problem: problem({ path, message: tooManyShots }), origin: cell.origin };
        return;
      }
      for (const expanded of shotsOfCell(cell, firstOrdinal + tally.shots)) {
        if ('shot' in expanded) tally.shots += 1;
        yield expanded;
      }
    }
  }

  function* shotsOfCell(cell: Cell, firstOrdinal: number): Generator<Expanded> {
    const refused: Mistake[] = [];
    const takes = takesOf(cell, refused);
    for (const mistake of refused) yield { problem: problem(mistake), origin: cell.origin };
    for (let take = 1; take <= takes; take++) {
      const met: Mistake[] = [];
      const recipe = models.recipeOf(cell, take, met);
      const position = { take, takes, ordinal: firstOrdinal + take - 1 };
      const shot = recipe && renderShot(recipe, cell, position, shotContext, met);
      if (shot) yield { shot };
      for (const mistake of met)
        yield { problem: problem(mistake, recipe?.model.written), origin: cell.origin };
    }
  }

  return {
    step,
    problems,
    factors: [
      ...(data.table ? [{ name: 'rows', count: data.table.count }] : []),
      ...data.axes.map((axis) => ({ name: axis.name, count: axis.values.length })),
    ],
    get tally() {
      return latest;
    },
    shots,
    notes: () => conditions.neverMet().map((mistake) => problem(mistake)),
  };
}

function stepNamed(document: BatchDocument, name: string): Step {
  const step = document.steps.find((each) => each.name === name);
  if (!step) throw new Error(`batch ${document.batch} has no step ${name}`);
  return step;
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
): AccountSpec | undefined {
  const found = lookUpModel(document, catalogue, source.shot.writtenModel, ['steps']);
  return found.ok ? found.model.account : undefined;
}

/** Removes repeated reports of one mistake that several fields or models share. */
export function uniqueProblems(problems: readonly Problem[]): Problem[] {
  const unique = new Map<string, Problem>();
  for (const problem of problems) {
    const { file, line, column } = problem.place;
    const key = JSON.stringify([file, line, column, problem.message]);
    if (!unique.has(key)) unique.set(key, problem);
  }
  return [...unique.values()];
}
