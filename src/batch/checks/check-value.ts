import type { Json } from '../../json.ts';
import type { FieldSpec } from '../model-spec.ts';
import { didYouMean } from '../file/suggest.ts';

/** A value in the vendor's spelling, or why the field refuses it. */
export type CheckedValue =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      /** `it takes 1:1, 4:3` */
      readonly hint: string;
      readonly allowed?: readonly string[];
      readonly didYouMean?: string;
    };

/**
 * Reads one rendered value by the field's type. Text that is exactly a number or a boolean is
 * converted when the field wants one. A number becomes text when the field wants text. Letter case
 * of choices is ignored.
 */
export function checkValue(value: Json, field: FieldSpec): CheckedValue {
  switch (field.kind) {
    case 'choice':
      return checkChoice(value, field.values);
    case 'integer':
    case 'number':
      return checkNumber(value, field);
    case 'boolean':
      return checkBoolean(value);
    case 'text':
      return checkText(value, field);
    case 'list':
      return checkList(value, field);
    case 'json':
      return { ok: true, value };
  }
}

function refused(hint: string): CheckedValue {
  return { ok: false, hint };
}

function checkChoice(value: Json, values: readonly (string | number)[]): CheckedValue {
  const written = typeof value === 'object' ? undefined : String(value).toLowerCase();
  const found = values.find((choice) => String(choice).toLowerCase() === written);
  if (found !== undefined) return { ok: true, value: found };
  const allowed = values.map(String);
  const suggestion = written === undefined ? undefined : didYouMean(String(value), allowed);
  return {
    ok: false,
    hint: `it takes ${allowed.join(', ')}`,
    allowed,
    ...(suggestion === undefined ? {} : { didYouMean: suggestion }),
  };
}

function checkNumber(
  value: Json,
  field: { readonly kind: 'integer' | 'number'; readonly min?: number; readonly max?: number },
): CheckedValue {
  const wanted = field.kind === 'integer' ? 'a whole number' : 'a number';
  const hint = `it takes ${wanted}${rangeText(field.min, field.max)}`;
  const number =
    typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return refused(hint);
  if (field.kind === 'integer' && !Number.isSafeInteger(number)) return refused(hint);
  if (number < (field.min ?? -Infinity) || number > (field.max ?? Infinity)) return refused(hint);
  return { ok: true, value: number };
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min}`;
  return max === undefined ? '' : ` up to ${max}`;
}

function checkBoolean(value: Json): CheckedValue {
  if (typeof value === 'boolean') return { ok: true, value };
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (text === 'true' || text === 'false') return { ok: true, value: text === 'true' };
  return refused('it takes true or false');
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function checkText(
  value: Json,
  { maxLength, format }: { readonly maxLength?: number; readonly format?: 'uuid' },
): CheckedValue {
  if (typeof value !== 'string' && typeof value !== 'number') return refused('it takes text');
  const text = String(value);
  if (format === 'uuid' && !uuid.test(text))
    return refused('it takes a UUID, such as 9b2f6c1e-4d3a-4c58-8f0e-2a7d5b1c6e90');
  if (maxLength !== undefined && [...text].length > maxLength)
    return refused(`it takes at most ${maxLength} characters, these are ${[...text].length}`);
  return { ok: true, value: text };
}

function checkList(
  value: Json,
  field: { readonly of: FieldSpec; readonly max?: number },
): CheckedValue {
  if (!Array.isArray(value)) return refused('it takes a list');
  if (field.max !== undefined && value.length > field.max)
    return refused(`it takes at most ${field.max} entries, these are ${value.length}`);
  const items: Json[] = [];
  for (const item of value) {
    const checked = checkValue(item, field.of);
    if (!checked.ok) return { ...checked, hint: `${checked.hint} in its list` };
    items.push(checked.value);
  }
  return { ok: true, value: items };
}
