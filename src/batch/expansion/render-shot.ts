import { UserError } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Cell } from './cells.ts';
import { checkRequest } from '../checks/check-request.ts';
import {
  type CompiledValue,
  type RenderedValue,
  renderValue,
} from '../templates/compiled-value.ts';
import type { BatchDocument, Step } from '../file/document.ts';
import type { Files } from '../data/files.ts';
import { shotFingerprint } from '../fingerprint.ts';
import { type CommonField, commonFields } from '../model-spec.ts';
import { cleanName, defaultName, foldName, takeName } from '../names.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import type { Recipe, RequestField } from '../recipe.ts';
import { renderReferences } from './render-references.ts';
import type { ModelChoice } from '../request.ts';
import type { PlannedShot } from '../shot.ts';
import { SourceMarker } from '../templates/template.ts';

export interface ShotContext {
  readonly document: BatchDocument;
  readonly step: Step;
  readonly files: Files;
  readonly nameTemplate: CompiledValue | undefined;
}

/** The names available as `shot.` while a shot is rendered. It grows field by field. */
type ShotNames = Record<string, Json>;

/** Renders and checks one shot. Undefined when `mistakes` says why it cannot be sent. */
export function renderShot(
  recipe: Recipe,
  cell: Cell,
  position: { take: number; takes: number; ordinal: number },
  context: ShotContext,
  mistakes: Mistake[],
): PlannedShot | undefined {
  const { step, files } = context;
  const { account, spec, written } = recipe.model;
  const { take, takes, ordinal } = position;
  const shot: ShotNames = { step: step.name, row: cell.row ?? null, take, model: written };
  const scope = { ...cell.scope, shot };
  const { shot: _, ...withoutShot } = scope;
  const choice: ModelChoice | undefined = recipe.training
    ? recipe.training.choose(withoutShot, files, cell.dataFile, mistakes)
    : { kind: 'public', id: spec.id };
  const fields = renderFields(recipe, cell, scope, mistakes);
  Object.assign(shot, { outputs: 1 }, blankFields(fields), fields);
  if (takes > 1 && fields.seed !== undefined && !variesWithTake(recipe, cell))
    mistakes.push({
      path: recipe.fields.get('seed')?.path ?? ['steps', step.name, 'seed'],
      message: 'a fixed seed with takes above 1 makes the same image again',
      hint: 'write a list of seeds, or "{{ shot.take | plus: 100 }}"',
    });
  const prompt = renderPrompt(recipe, cell, scope, mistakes);
  const references = renderReferences(recipe.references, cell, scope, files, mistakes);
  const options = renderOptions(recipe, scope, mistakes);
  if (mistakes.length > 0 || choice === undefined) return undefined;
  const checked = checkRequest({ choice, prompt, fields, options, references }, account, spec);
  for (const { field, path, ...problem } of checked.problems)
    mistakes.push({ path: path ?? pathOf(field, recipe, cell, step), ...problem });
  const { take: _take, ...nameable } = shot;
  const nameScope = { ...cell.scope, shot: { ...nameable, prompt: prompt ?? null } };
  const name = renderName(cell, nameScope, prompt, context, mistakes);
  if (mistakes.length > 0 || name === undefined) return undefined;
  const { request } = checked;
  const fullName = takeName(name, take);
  return {
    key: `${step.name}/${fullName}`,
    step: step.name,
    name: fullName,
    folded: foldName(fullName),
    ordinal,
    take,
    account: account.key,
    fingerprint: shotFingerprint(request, take, spec.operation),
    request,
    price: account.price(request),
    makes: spec.makes,
    writtenModel: written,
    variables: cell.variables,
    origin: cell.origin,
  };
}

function valueFor(field: RequestField, recipe: Recipe, cell: Cell): CompiledValue | undefined {
  return cell.fields.get(field)?.compiled ?? recipe.fields.get(field);
}

function variesWithTake(recipe: Recipe, cell: Cell): boolean {
  const seed = valueFor('seed', recipe, cell);
  return (
    seed?.kind === 'template' &&
    seed.template.names.some(([root, name]) => root === 'shot' && name === 'take')
  );
}

/** Renders the fields in their fixed order. Each may read earlier ones as `shot.<field>`. */
function renderFields(
  recipe: Recipe,
  cell: Cell,
  scope: Readonly<Record<string, unknown>> & { shot: ShotNames },
  mistakes: Mistake[],
): Partial<Record<CommonField, Json>> {
  const fields: Partial<Record<CommonField, Json>> = {};
  for (const field of commonFields) {
    const compiled = valueFor(field, recipe, cell);
    const value =
      compiled && withoutSource(renderValue(compiled, scope, mistakes), compiled.path, mistakes);
    scope.shot[field] = value ?? null;
    if (value !== undefined && value !== null && value !== '') fields[field] = value;
  }
  return fields;
}

function blankFields(fields: Partial<Record<CommonField, Json>>): ShotNames {
  const blank = commonFields.filter((field) => fields[field] === undefined && field !== 'outputs');
  return Object.fromEntries(blank.map((field) => [field, null]));
}

function renderPrompt(
  recipe: Recipe,
  cell: Cell,
  scope: Readonly<Record<string, unknown>>,
  mistakes: Mistake[],
): string | undefined {
  const compiled = valueFor('prompt', recipe, cell);
  if (!compiled) return undefined;
  const value = withoutSource(renderValue(compiled, scope, mistakes), compiled.path, mistakes);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') {
    const what = Array.isArray(value) ? 'list' : 'record';
    mistakes.push({
      path: compiled.path,
      message: `a prompt is text, and this is a ${what}`,
      hint: 'print it with a filter: | json or | join',
    });
    return undefined;
  }
  const prompt = String(value).replaceAll('\r\n', '\n').trim();
  return prompt === '' ? undefined : prompt;
}

function withoutSource(
  value: RenderedValue,
  path: DocumentPath,
  mistakes: Mistake[],
): Json | undefined {
  if (!(value instanceof SourceMarker)) return value;
  mistakes.push({ path, message: 'source is a file: it can stand under references only' });
  return undefined;
}

function renderOptions(
  recipe: Recipe,
  scope: Readonly<Record<string, unknown>>,
  mistakes: Mistake[],
): JsonObject {
  const merged: JsonObject = {};
  for (const layer of recipe.options) {
    const value = withoutSource(renderValue(layer, scope, mistakes), layer.path, mistakes);
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [name, option] of Object.entries(value)) {
        if (option instanceof SourceMarker) withoutSource(option, layer.path, mistakes);
        else merged[name] = option;
      }
    } else mistakes.push({ path: layer.path, message: 'options is a record of names and values' });
  }
  return Object.fromEntries(Object.entries(merged).filter(([, option]) => option !== null));
}

/** The place of a request field, in the model or in the step. */
function pathOf(field: string, recipe: Recipe, cell: Cell, step: Step): DocumentPath {
  const stepPath = ['steps', step.name];
  if (field.startsWith('options.')) {
    const name = field.slice('options.'.length);
    const layers = recipe.options.toReversed();
    for (const layer of layers) {
      const entry = layer.kind === 'record' ? layer.entries.get(name) : undefined;
      if (entry) return entry.path;
    }
    return layers.find((layer) => layer.kind !== 'record')?.path ?? [...stepPath, 'model'];
  }
  if (field === 'references' && recipe.references && recipe.references !== 'source')
    return recipe.references.path;
  return valueFor(field as RequestField, recipe, cell)?.path ?? [...stepPath, 'model'];
}

function renderName(
  cell: Cell,
  scope: Readonly<Record<string, unknown>>,
  prompt: string | undefined,
  { step, nameTemplate }: ShotContext,
  mistakes: Mistake[],
): string | undefined {
  const path = nameTemplate?.path ?? ['steps', step.name];
  const before = mistakes.length;
  const rendered = nameTemplate
    ? withoutSource(renderValue(nameTemplate, scope, mistakes), path, mistakes)
    : defaultName({
        step: step.name,
        source: cell.source?.name,
        row: step.rows === undefined ? undefined : cell.row,
        axes: cell.axes.map((axis) =>
          axis.position === undefined ? axis : { ...axis, value: prompt ?? '' },
        ),
      });
  if (mistakes.length > before) return undefined;
  try {
    return cleanName(rendered === undefined || rendered === null ? '' : String(rendered));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    mistakes.push({ path, message: `name: ${error.message}`, hint: error.next[0] });
    return undefined;
  }
}
