import type { Axis } from './expansion/axes.ts';
import { type ResolvedModel, lookUpModel } from './catalogue-lookup.ts';
import { type CompiledValue, compileValue, templatesIn } from './templates/compiled-value.ts';
import type { BatchDocument, ModelEntry, Step } from './file/document.ts';
import { type KnownNames, checkNames } from './templates/known-names.ts';
import { type Catalogue, type CommonField, commonFields } from './model-spec.ts';
import type { DocumentPath, Mistake } from './file/problem-at.ts';
import { type Training, openTraining } from './expansion/training.ts';

export type RequestField = 'prompt' | CommonField;

/** How one step uses one model. The model's settings override the step's, and every template is compiled. */
export interface Recipe {
  readonly model: ResolvedModel;
  readonly training: Training | undefined;
  /** Fields with one value for all cells. Fields that are axes come with the cell. */
  readonly fields: ReadonlyMap<RequestField, CompiledValue>;
  /** `source`: the file of the earlier step, when no references are written. */
  readonly references: CompiledValue | 'source' | undefined;
  /** Layers merged key by key; the last one wins. */
  readonly options: readonly CompiledValue[];
}

export interface RecipeContext {
  readonly document: BatchDocument;
  readonly step: Step;
  readonly axes: readonly Axis[];
  readonly known: KnownNames;
  readonly catalogue: Catalogue;
}

/** Builds and checks a recipe; `used` collects the names that its templates read. */
export function openRecipe(
  written: string,
  path: DocumentPath,
  context: RecipeContext,
  used: Set<string>,
): { recipe?: Recipe; mistakes: readonly Mistake[] } {
  const found = lookUpModel(context.document, context.catalogue, written, path);
  if (!found.ok) return { mistakes: [found.mistake] };
  const { model } = found;
  const mistakes: Mistake[] = [];
  const { step } = context;
  const modelPath = ['models', written];
  const stepPath = ['steps', step.name];
  const entry: ModelEntry = model.entry ?? {};
  refuseAxesInModel(entry, modelPath, context, mistakes);
  const fields = new Map<RequestField, CompiledValue>();
  if (typeof step.prompt === 'string')
    fields.set('prompt', compileValue(step.prompt, [...stepPath, 'prompt'], mistakes));
  for (const field of commonFields) {
    const fromModel = entry[field] !== undefined;
    const value = fromModel ? entry[field] : step[field];
    if (value === undefined || value === null || Array.isArray(value)) continue;
    fields.set(
      field,
      compileValue(value, [...(fromModel ? modelPath : stepPath), field], mistakes),
    );
  }
  const recipe: Recipe = {
    model,
    training: openTraining(model, mistakes),
    fields,
    references: readReferences(entry, modelPath, stepPath, context, mistakes),
    options: readOptions(entry, modelPath, stepPath, step, mistakes),
  };
  checkRecipeNames(recipe, context, used, mistakes);
  return { recipe, mistakes };
}

function refuseAxesInModel(
  entry: ModelEntry,
  modelPath: DocumentPath,
  { step, axes }: RecipeContext,
  mistakes: Mistake[],
): void {
  for (const axis of axes) {
    if (axis.kind !== 'field' || !Object.hasOwn(entry, axis.name)) continue;
    mistakes.push({
      path: [...modelPath, axis.name],
      at: 'key',
      message: `model ${String(modelPath[1])} sets ${axis.name}, which is an axis of step ${step.name}`,
      hint: 'take it out of the model, and exclude the cells that the model cannot make',
    });
  }
}

function readReferences(
  entry: ModelEntry,
  modelPath: DocumentPath,
  stepPath: DocumentPath,
  { step }: RecipeContext,
  mistakes: Mistake[],
): Recipe['references'] {
  const fromModel = entry.references !== undefined;
  const written = fromModel ? entry.references : step.references;
  if (written === undefined) return step.from === undefined ? undefined : 'source';
  const path = [...(fromModel ? modelPath : stepPath), 'references'];
  const compiled = written === null ? undefined : compileValue(written, path, mistakes);
  if (step.from !== undefined && !(compiled && readsSource(compiled)))
    mistakes.push({
      path,
      message: `step ${step.name} reads ${step.from.join(', ')}, but its references leave the source out`,
      hint: 'write "{{ source }}" among them, or leave references out',
    });
  return compiled;
}

function readsSource(value: CompiledValue): boolean {
  return [...templatesIn(value)].some(({ template }) =>
    template.names.some((segments) => segments.length === 1 && segments[0] === 'source'),
  );
}

function readOptions(
  entry: ModelEntry,
  modelPath: DocumentPath,
  stepPath: DocumentPath,
  step: Step,
  mistakes: Mistake[],
): readonly CompiledValue[] {
  if (entry.options === null) return [];
  const own = entry.options;
  const layers: CompiledValue[] = [];
  if (step.options !== undefined && step.options !== null) {
    const compiled = compileValue(step.options, [...stepPath, 'options'], mistakes);
    layers.push(compiled.kind === 'record' ? without(compiled, own) : compiled);
  }
  if (own !== undefined) layers.push(compileValue(own, [...modelPath, 'options'], mistakes));
  return layers;
}

/** Removes options that the model overrides, so that their templates are neither rendered nor checked. */
function without(
  record: Extract<CompiledValue, { kind: 'record' }>,
  own: ModelEntry['options'],
): CompiledValue {
  if (typeof own !== 'object' || own === null) return record;
  const entries = [...record.entries].filter(([key]) => !Object.hasOwn(own, key));
  return { ...record, entries: new Map(entries) };
}

function checkRecipeNames(
  recipe: Recipe,
  { step, known }: RecipeContext,
  used: Set<string>,
  mistakes: Mistake[],
): void {
  const context = { known, hasSource: step.from !== undefined };
  for (const [field, value] of recipe.fields) checkNames(value, field, context, used, mistakes);
  if (recipe.references && recipe.references !== 'source')
    checkNames(recipe.references, 'references', context, used, mistakes);
  for (const layer of recipe.options) checkNames(layer, 'options', context, used, mistakes);
  for (const value of recipe.training?.values ?? [])
    checkNames(value, 'train', context, used, mistakes);
}
