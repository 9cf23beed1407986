import type { Cell } from './cells.ts';
import { compileValue, renderValue } from '../templates/compiled-value.ts';
import { checkNames } from '../templates/known-names.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import { type Recipe, type RecipeContext, openRecipe } from '../recipe.ts';

/** The models that a step uses. */
export interface StepModels {
  /** Mistakes of the models that are known before any row is read. */
  readonly mistakes: readonly { readonly model: string; readonly mistake: Mistake }[];
  /** The model of one shot. Undefined when `mistakes` says why there is none. */
  recipeOf(cell: Cell, take: number, mistakes: Mistake[]): Recipe | undefined;
}

/**
 * Opens every model that the step names, and each model that a row names when the row is read.
 * `used` collects the names in the models' templates. When rows choose the model, it collects those
 * of every entry of `models:`.
 */
export function openModels(
  context: RecipeContext,
  used: Set<string>,
  mistakes: Mistake[],
): StepModels {
  const { step, document, known } = context;
  const path = ['steps', step.name, 'model'];
  const recipes = new Map<string, Recipe | readonly Mistake[]>();
  const open = (written: string, at: DocumentPath): readonly Mistake[] => {
    const opened = openRecipe(written, at, context, used);
    const usable = opened.mistakes.length === 0 && opened.recipe;
    recipes.set(written, usable || opened.mistakes);
    return opened.mistakes;
  };
  const found: { model: string; mistake: Mistake }[] = [];
  const openKnown = (written: string, at: DocumentPath) => {
    for (const mistake of open(written, at)) found.push({ model: written, mistake });
  };
  if (typeof step.model !== 'string') {
    step.model.forEach((written, index) => openKnown(written, [...path, index]));
    return { mistakes: found, recipeOf: (cell, _take, met) => recipeFor(axisModel(cell), met) };
  }
  const model = compileValue(step.model, path, mistakes);
  if (model.kind === 'template' && model.template.names.length === 0) {
    const written = step.model;
    openKnown(written, path);
    return { mistakes: found, recipeOf: (_cell, _take, met) => recipeFor(written, met) };
  }
  checkNames(model, 'model', { known, hasSource: step.from !== undefined }, used, mistakes);
  for (const entry of Object.keys(document.models)) open(entry, path);

  function recipeFor(written: string, met: Mistake[]): Recipe | undefined {
    if (!recipes.has(written)) open(written, path);
    const recipe = recipes.get(written) as Recipe | readonly Mistake[];
    if ('model' in recipe) return recipe;
    met.push(...recipe);
    return undefined;
  }
  return {
    mistakes: found,
    recipeOf(cell, take, met) {
      const shot = { step: step.name, row: cell.row ?? null, take };
      const written = renderValue(model, { ...cell.scope, shot }, met);
      if (typeof written === 'string') return recipeFor(written.trim(), met);
      if (met.length === 0) met.push({ path, message: 'model renders to nothing' });
      return undefined;
    },
  };
}

function axisModel(cell: Cell): string {
  return String(cell.fields.get('model')?.value);
}
