import type { BatchDocument, RequestSettings } from '../file/document.ts';
import { problemAt, type DocumentPath } from '../file/problem-at.ts';
import { commonFields, type Catalogue } from '../model-spec.ts';
import type { Problem } from '../problem.ts';
import type { ShotRequest } from '../request.ts';
import type { PlannedShot } from '../shot.ts';

/** The vendor's refusal of a shot when it was asked for a price, placed at the line it concerns. */
export function vendorRefusal(
  document: BatchDocument,
  catalogue: Catalogue,
  { request, step, writtenModel }: PlannedShot,
): Problem | undefined {
  const said = catalogue.get(request.account)?.refusal?.(request);
  if (said === undefined) return undefined;
  const mistake = { path: pathOf(document, step, writtenModel, request, said), message: said };
  return problemAt(document, mistake, `step ${step}, model ${writtenModel}`);
}

/** Finds the field named in the vendor's message. Without a named field, the place is the model. */
function pathOf(
  document: BatchDocument,
  step: string,
  writtenModel: string,
  request: ShotRequest,
  said: string,
): DocumentPath {
  const isNamed = (name: string): boolean => new RegExp(`\\b${escaped(name)}\\b`, 'i').test(said);
  const written = document.steps.find(({ name }) => name === step);
  const places: readonly (readonly [DocumentPath, RequestSettings | undefined])[] = [
    [['models', writtenModel], document.models[writtenModel]],
    [['steps', step], written],
  ];
  for (const [path, settings] of places) {
    const { options } = settings ?? {};
    for (const name of Object.keys(request.options))
      if (options && typeof options === 'object' && Object.hasOwn(options, name) && isNamed(name))
        return [...path, 'options', name];
    for (const name of commonFields)
      if (settings?.[name] !== undefined && isNamed(name)) return [...path, name];
  }
  const isPrompt = written?.prompt !== undefined && isNamed('prompt');
  return ['steps', step, isPrompt ? 'prompt' : 'model'];
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
