import type { z } from 'zod';

type Shape = z.core.JSONSchema.BaseSchema;

/** Parts of a document that have a name and a table of their own. */
export function namedParts({ $defs = {} }: Shape): readonly (readonly [string, Shape])[] {
  return Object.entries($defs);
}

/** The fields of an object, with those inside it, as a table in Markdown. */
export function fieldTable(shape: Shape): string {
  const rows = fieldRows(shape, '').map((cells) => `| ${cells.join(' | ')} |`);
  return ['| field | type | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

type Row = readonly [name: string, type: string, meaning: string];

function fieldRows(shape: Shape, path: string): readonly Row[] {
  return Object.entries(shape.properties ?? {}).flatMap(([key, property]) => {
    const field = shapeOf(property);
    const name = `${path}${key}`;
    const mark = shape.required?.includes(key) ? '' : '?';
    const own: Row = [`\`${name}${mark}\``, typeText(field), field.description ?? ''];
    return [own, ...innerRows(field, name)];
  });
}

/** The fields of the objects inside a value. */
function innerRows(shape: Shape, name: string): readonly Row[] {
  if (shape.title !== undefined) return [];
  if (shape.items !== undefined) return innerRows(shapeOf(shape.items), `${name}[]`);
  const values = valuesOf(shape);
  if (values) return innerRows(values, `${name}.*`);
  const variants = variantsOf(shape);
  return variants.length > 1
    ? variantRows(variants, `${name}.`)
    : variants.flatMap((variant) => [
        ...(variant.properties ? fieldRows(variant, `${name}.`) : innerRows(variant, name)),
      ]);
}

/** Each field once: `kind` tells which objects have it. */
function variantRows(variants: readonly Shape[], path: string): readonly Row[] {
  const kinds = variants.map((variant) => choicesText(shapeOf(variant.properties?.['kind'])));
  const own = variants.flatMap((variant, index) =>
    fieldRows(variant, path)
      .filter(([name]) => name !== `\`${path}kind\``)
      .map(([name, type, meaning]) => ({ name, type, meaning, kind: kinds[index] ?? '' })),
  );
  const rows = [...Map.groupBy(own, ({ name, type, meaning }) => `${name} ${type} ${meaning}`)];
  return [
    [`\`${path}kind\``, kinds.join(', '), 'which of these fields there are'],
    ...rows.map(([, same]): Row => {
      const { name = '', type = '', meaning = '' } = same[0] ?? {};
      const only =
        same.length === variants.length ? '' : `${same.map(({ kind }) => kind).join(', ')} only`;
      return [name, type, [only, meaning].filter((part) => part !== '').join(': ')];
    }),
  ];
}

function typeText(shape: Shape): string {
  if (shape.title !== undefined) return shape.title;
  if (shape.$ref !== undefined) return refText(shape.$ref);
  if (shape.enum !== undefined || shape.const !== undefined) return choicesText(shape);
  if (shape.items !== undefined) return `list of ${plural(typeText(shapeOf(shape.items)))}`;
  const values = valuesOf(shape);
  if (values) return `object of ${plural(typeText(values))}`;
  const types = Array.isArray(shape.type) ? shape.type : shape.type ? [shape.type] : [];
  const parts = [shape.anyOf ?? [], shape.oneOf ?? []]
    .flat()
    .map((part) => typeText(shapeOf(part)));
  return [...new Set([...types, ...parts])].join(' or ');
}

function choicesText({ enum: values = [], const: only }: Shape): string {
  const all = only === undefined ? values : [only];
  return all.map((value) => (value === null ? 'null' : code(value))).join(', ');
}

const code = (value: unknown): string =>
  `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function refText(ref: string): string {
  const name = ref.replace('#/$defs/', '');
  return `[${name}](#${name})`;
}

/** Names of values and links stay as they are. */
function plural(type: string): string {
  return type
    .replaceAll(/^(string|integer|number|object|decimal|time)( or |$)/g, '$1s$2')
    .replaceAll(/ or (string|integer|number|object|decimal|time)$/g, ' or $1s');
}

/** The object's alternatives, null aside. */
function variantsOf(shape: Shape): readonly Shape[] {
  const parts = [shape.anyOf ?? [], shape.oneOf ?? []].flat().map(shapeOf);
  if (parts.length === 0) return shape.properties ? [shape] : [];
  return parts.filter(({ properties, items, anyOf }) => properties ?? items ?? anyOf);
}

/** The values of an object whose keys are names. */
function valuesOf({ additionalProperties: values }: Shape): Shape | undefined {
  return typeof values === 'object' ? values : undefined;
}

function shapeOf(schema: Shape | boolean | readonly (Shape | boolean)[] | undefined): Shape {
  if (typeof schema === 'object' && !Array.isArray(schema)) return schema as Shape;
  throw new Error('a part of a schema is no object');
}
