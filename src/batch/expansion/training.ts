import type { JsonObject } from '../../json.ts';
import type { ResolvedModel } from '../catalogue-lookup.ts';
import { mediaKindOf } from '../checks/check-references.ts';
import { checkValue } from '../checks/check-value.ts';
import { fileProblem } from '../checks/file-rules.ts';
import { type CompiledValue, compileValue, renderValue } from '../templates/compiled-value.ts';
import type { Files } from '../data/files.ts';
import { trainingFingerprint } from '../fingerprint.ts';
import { findFiles } from '../data/find-files.ts';
import type { AccountSpec, TrainingSpec } from '../model-spec.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import type { ModelChoice, TrainingSet } from '../request.ts';
import { didYouMean } from '../file/suggest.ts';
import type { TemplateScope } from '../templates/template.ts';

/** Chooses the trained model of a cell, before the cell's templates are rendered. */
export interface Training {
  readonly values: readonly CompiledValue[];
  /** The model of this cell. Undefined when `mistakes` says why there is none. */
  choose(
    scope: TemplateScope,
    files: Files,
    dataFile: string | undefined,
    mistakes: Mistake[],
  ): ModelChoice | undefined;
}

/** Reads `train` of a model's entry. Undefined when the model is not a trained one. */
export function openTraining(model: ResolvedModel, mistakes: Mistake[]): Training | undefined {
  const train = model.entry?.train;
  if (train === undefined) return undefined;
  const path = ['models', model.written, 'train'];
  if (!('images' in train)) {
    const id = compileValue(train.id, [...path, 'id'], mistakes);
    return { values: [id], choose: (scope, _files, _dataFile, met) => existing(id, scope, met) };
  }
  const { account: _, images, name, ...subject } = train;
  const spec = model.account.training ?? { imagesMin: 1, imagesMax: Infinity, subject: {} };
  checkSubjectNames(subject, spec, model.account, path, mistakes);
  const compiled = {
    images: compileValue(images, [...path, 'images'], mistakes),
    name: compileValue(name, [...path, 'name'], mistakes),
    subject: Object.entries(subject).map(
      ([key, value]) => [key, compileValue(value, [...path, key], mistakes)] as const,
    ),
  };
  let last: { key: string; set: TrainingSet } | undefined;
  return {
    values: [compiled.images, compiled.name, ...compiled.subject.map(([, value]) => value)],
    choose(scope, files, dataFile, met) {
      const before = met.length;
      const shownName = renderValue(compiled.name, scope, met);
      const facts = renderSubject(compiled.subject, scope, spec, model.account, met);
      const patterns = renderValue(compiled.images, scope, met);
      const key = JSON.stringify([shownName, facts, patterns]);
      if (met.length > before) return undefined;
      if (last?.key === key) return { kind: 'training', set: last.set };
      const found = findImages(patterns, compiled.images, files, dataFile, spec, model, met);
      if (met.length > before) return undefined;
      const fingerprint = trainingFingerprint(found, facts);
      last = {
        key,
        set: { fingerprint, name: String(shownName ?? ''), subject: facts, images: found },
      };
      return { kind: 'training', set: last.set };
    },
  };
}

function existing(
  id: CompiledValue,
  scope: TemplateScope,
  mistakes: Mistake[],
): ModelChoice | undefined {
  const before = mistakes.length;
  const rendered = renderValue(id, scope, mistakes);
  if (mistakes.length > before) return undefined;
  if (rendered !== undefined && rendered !== null)
    return { kind: 'existing', id: String(rendered) };
  mistakes.push({ path: id.path, message: 'the id of the trained model is blank' });
  return undefined;
}

function checkSubjectNames(
  subject: JsonObject,
  spec: TrainingSpec,
  account: AccountSpec,
  path: DocumentPath,
  mistakes: Mistake[],
): void {
  const allowed = Object.keys(spec.subject);
  for (const name of Object.keys(subject)) {
    if (allowed.includes(name)) continue;
    mistakes.push({
      path: [...path, name],
      at: 'key',
      message: `${account.name} trains without ${name}`,
      hint: `it takes images, name, ${allowed.join(', ')}`,
      allowed,
      didYouMean: didYouMean(name, allowed),
    });
  }
  for (const [name, field] of Object.entries(spec.subject)) {
    if (field.required && !Object.hasOwn(subject, name))
      mistakes.push({ path, at: 'key', message: `${account.name} needs ${name} to train a model` });
  }
}

function renderSubject(
  subject: readonly (readonly [string, CompiledValue])[],
  scope: TemplateScope,
  spec: TrainingSpec,
  account: AccountSpec,
  mistakes: Mistake[],
): JsonObject {
  const facts: JsonObject = {};
  for (const [name, compiled] of subject) {
    const before = mistakes.length;
    const value = renderValue(compiled, scope, mistakes);
    const field = spec.subject[name];
    if (mistakes.length > before || field === undefined) continue;
    if (value === undefined || value === null) {
      if (field.required)
        mistakes.push({ path: compiled.path, message: `${name} is blank, and training needs it` });
      continue;
    }
    const checked = checkValue(value, field);
    if (checked.ok) facts[name] = checked.value;
    else {
      const { ok: _, ...explanation } = checked;
      const message = `${account.name} trains with no ${name} ${JSON.stringify(value)}`;
      mistakes.push({ path: compiled.path, message, ...explanation });
    }
  }
  return facts;
}

function findImages(
  patterns: unknown,
  written: CompiledValue,
  files: Files,
  dataFile: string | undefined,
  spec: TrainingSpec,
  { account }: ResolvedModel,
  mistakes: Mistake[],
): { sha256: string; path: string }[] {
  const images = new Map<string, { sha256: string; path: string }>();
  const list = (Array.isArray(patterns) ? patterns : [patterns]).map(String);
  for (const [index, pattern] of list.entries()) {
    const item = written.kind === 'list' && written.items.length === list.length;
    const path = (item ? written.items[index]?.path : undefined) ?? written.path;
    for (const found of findFiles(pattern, path, files, dataFile, mistakes)) {
      const { sha256, mime, bytes } = found.facts;
      const file = { name: found.path, mime, bytes };
      if (mediaKindOf(mime) !== 'image')
        mistakes.push({ path, message: `${found.path} is no image, so nothing trains on it` });
      else {
        const problem = account.uploads && fileProblem(account.uploads, file, account.name);
        if (problem) mistakes.push({ path, ...problem });
      }
      if (!images.has(sha256)) images.set(sha256, { sha256, path: found.path });
    }
  }
  const count = images.size;
  if (mistakes.length === 0 && (count < spec.imagesMin || count > spec.imagesMax))
    mistakes.push({
      path: written.path,
      message: `${count} different images match ${list.join(', ')}; ${account.name} trains on ${spec.imagesMin} to ${spec.imagesMax}`,
    });
  return [...images.values()];
}
