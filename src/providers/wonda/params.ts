import { z } from 'zod';
import type { CommonField, FieldSpec, ModelSpec } from '../../batch/model-spec.ts';
import { isRecord } from './errors.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Parameters with a common name in the batch language, and the type of its values. */
const common: Readonly<Partial<Record<CommonField, 'text' | 'number'>>> = {
  aspectRatio: 'text',
  resolution: 'text',
  duration: 'number',
  seed: 'number',
};

export interface Params {
  readonly fields: ModelSpec['fields'];
  readonly options: Readonly<Record<string, FieldSpec>>;
}

/** The parameters of a model from their JSON Schema. */
export function paramsIn(schema: unknown): Params {
  const fields: Partial<Record<CommonField, FieldSpec>> = {};
  const options: Record<string, FieldSpec> = {};
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    const field = fieldOf(property);
    const carried = Object.hasOwn(common, name) ? common[name as CommonField] : undefined;
    // A duration such as "5s" cannot be a number: it stays an option, in the vendor's form.
    if (carried !== undefined && carries(field, carried)) fields[name as CommonField] = field;
    else options[name] = field;
  }
  return { fields, options };
}

export function propertiesOf(schema: unknown): Schema {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) ? properties : {};
}

function carries(field: FieldSpec, type: 'text' | 'number'): boolean {
  if (field.kind === 'choice')
    return field.values.every((value) => typeof value === (type === 'text' ? 'string' : 'number'));
  return type === 'text' ? field.kind === 'text' : ['integer', 'number'].includes(field.kind);
}

/** The part of a parameter's schema that fits a table. The check of the whole schema covers the rest. */
function fieldOf(schema: unknown): FieldSpec {
  if (!isRecord(schema)) return { kind: 'json' };
  const preset = z.json().safeParse(schema['default']);
  const note = schema['description'];
  return {
    ...valuesOf(schema),
    ...(schema['default'] !== undefined && preset.success && { default: preset.data }),
    ...(typeof note === 'string' && note !== '' && { note: note.slice(0, 200) }),
  };
}

function valuesOf(schema: Schema): FieldSpec {
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values)) return choiceOf(values);
  const variant = onlyVariant(schema['anyOf'] ?? schema['oneOf']);
  if (variant) return valuesOf(variant);
  const type = typeOf(schema['type']);
  switch (type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
    case 'number':
      return { kind: type, ...rangeOf(schema) };
    case 'string': {
      const { maxLength, format } = schema;
      return {
        kind: 'text',
        ...(typeof maxLength === 'number' && { maxLength }),
        ...(format === 'uuid' && { format }),
      };
    }
    case 'array': {
      const { maxItems } = schema;
      const max = typeof maxItems === 'number' ? { max: maxItems } : {};
      return { kind: 'list', of: fieldOf(schema['items']), ...max };
    }
    default:
      return { kind: 'json' };
  }
}

/** `["string", "null"]` is text: null is ignored. */
function typeOf(type: unknown): unknown {
  if (!Array.isArray(type)) return type;
  const types = type.filter((one) => one !== 'null');
  return types.length === 1 ? types[0] : undefined;
}

/** The only alternative besides null. */
function onlyVariant(variants: unknown): Schema | undefined {
  if (!Array.isArray(variants)) return undefined;
  const [first, ...others] = variants.filter((one) => isRecord(one) && one['type'] !== 'null');
  return others.length === 0 && isRecord(first) ? first : undefined;
}

function choiceOf(values: readonly unknown[]): FieldSpec {
  const given = values.filter((value) => value !== null);
  const plain = given.filter((value) => typeof value === 'string' || typeof value === 'number');
  if (plain.length === given.length && plain.length > 0) return { kind: 'choice', values: plain };
  return given.length > 0 && given.every((value) => typeof value === 'boolean')
    ? { kind: 'boolean' }
    : { kind: 'json' };
}

/** Exclusive bounds are left to the check of the whole schema. */
function rangeOf({ minimum, maximum }: Schema): { min?: number; max?: number } {
  return {
    ...(typeof minimum === 'number' && { min: minimum }),
    ...(typeof maximum === 'number' && { max: maximum }),
  };
}
