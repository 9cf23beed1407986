import type { TemplateScope } from './template.ts';

/**
 * A copy of the scope in which blank texts that the template reads are null, since Liquid treats
 * `""` as true. Only the read paths change, so a record passed on whole keeps its blanks. With
 * `throughout`, every record below the names changes, since loops hide the read paths.
 */
export function blanksAsNull(
  scope: TemplateScope,
  paths: readonly (readonly string[])[],
  throughout: boolean,
): TemplateScope {
  let patched = scope;
  for (const path of paths) {
    const [root] = path;
    if (root === undefined || !Object.hasOwn(scope, root)) continue;
    const before = patched[root];
    const after = throughout ? nullThroughout(before) : nullAt(before, path.slice(1));
    if (after !== before) patched = { ...patched, [root]: after };
  }
  return patched;
}

function nullAt(value: unknown, path: readonly string[]): unknown {
  if (value === '') return null;
  const [key, ...rest] = path;
  if (key === undefined || !isRecord(value) || !Object.hasOwn(value, key)) return value;
  const before = value[key];
  const after = nullAt(before, rest);
  return after === before ? value : { ...value, [key]: after };
}

function nullThroughout(value: unknown): unknown {
  if (value === '') return null;
  if (Array.isArray(value)) return value.map(nullThroughout);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, nullThroughout(item)]),
  );
}

/** Whether the value is a plain record. The source marker is not one, so it is never copied. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && value.constructor === Object;
}
