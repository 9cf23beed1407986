import type { Json, JsonObject } from '../../json.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import {
  type SourceMarker,
  type Template,
  type TemplateScope,
  compileTemplate,
} from './template.ts';

/** A value of the document with compiled templates and its place. */
export type CompiledValue = { readonly path: DocumentPath } & (
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'list'; readonly items: readonly CompiledValue[] }
  | { readonly kind: 'record'; readonly entries: ReadonlyMap<string, CompiledValue> }
);

/** The result of rendering a value. Undefined: empty, so its field is left out. */
export type RenderedValue = Json | SourceMarker | undefined;

/** Compiles every text inside the value. Reports an unreadable template in `mistakes`. */
export function compileValue(
  value: unknown,
  path: DocumentPath,
  mistakes: Mistake[],
): CompiledValue {
  if (typeof value === 'string') {
    const template = compileTemplate(value);
    if (!('error' in template)) return { kind: 'template', template, path };
    mistakes.push({ path, message: `this template cannot be read: ${template.error}` });
    return { kind: 'constant', value: null, path };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileValue(item, [...path, index], mistakes));
    return { kind: 'list', items, path };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = new Map(
      Object.entries(value).map(([key, item]) => [
        key,
        compileValue(item, [...path, key], mistakes),
      ]),
    );
    return { kind: 'record', entries, path };
  }
  return { kind: 'constant', value: (value ?? null) as Json, path };
}

/** Every template inside, with its place. */
export function* templatesIn(
  value: CompiledValue,
): Generator<{ template: Template; path: DocumentPath }> {
  if (value.kind === 'template') yield { template: value.template, path: value.path };
  if (value.kind === 'list') for (const item of value.items) yield* templatesIn(item);
  if (value.kind === 'record') for (const item of value.entries.values()) yield* templatesIn(item);
}

/** Renders the value. Empty results are dropped from their list or record. */
export function renderValue(
  value: CompiledValue,
  scope: TemplateScope,
  mistakes: Mistake[],
): RenderedValue {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'template':
      return renderTemplate(value.template, value.path, scope, mistakes);
    case 'list':
      return value.items
        .map((item) => renderValue(item, scope, mistakes))
        .filter((item): item is Json => item !== undefined);
    case 'record': {
      const record: JsonObject = {};
      for (const [key, item] of value.entries) {
        const rendered = renderValue(item, scope, mistakes);
        if (rendered !== undefined) record[key] = rendered;
      }
      return record;
    }
  }
}

function renderTemplate(
  template: Template,
  path: DocumentPath,
  scope: TemplateScope,
  mistakes: Mistake[],
): RenderedValue {
  const rendered = template.render(scope);
  if (rendered.ok) return rendered.value;
  const { variable } = rendered;
  mistakes.push({
    path,
    message: rendered.message,
    ...(rendered.reason === 'blank'
      ? {
          hint: `write {{ ${variable} | default: … }} or {{ ${variable} | optional }} if that is meant`,
        }
      : {}),
  });
  return undefined;
}
