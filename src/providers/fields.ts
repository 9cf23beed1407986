import { z } from 'zod';
import type { FieldSpec } from '../batch/model-spec.ts';
import { amountFromDecimal, type Amount, type Unit } from '../money.ts';

/** A field with a fixed set of values; `preset` is the vendor's default. */
export function choice(values: readonly (string | number)[], preset?: string | number): FieldSpec {
  return preset === undefined
    ? { kind: 'choice', values }
    : { kind: 'choice', values, default: preset };
}

export const idCharactersMax = 500;

/**
 * Ids are opaque; a number is kept as text. Later requests contain them in their paths, always encoded.
 * `.` and `..` are rejected: even encoded they change the path. No vendor has ids with control characters.
 */
export const opaqueId = z.union([
  z
    .string()
    .min(1)
    .max(idCharactersMax)
    .refine((id) => !/^\.{1,2}$|\p{Cc}/u.test(id) && id.isWellFormed(), 'not an id'),
  z.int().transform(String),
]);

const decimal = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A finite number, or a text with only a decimal number; undefined for other values. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && decimal.test(value)))
    return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A number, or its text: some answers write numbers as text. */
export const numeric = z.unknown().transform((value, context) => {
  const number = numberOf(value);
  if (number !== undefined) return number;
  context.addIssue({ code: 'custom', message: 'not a number' });
  return z.NEVER;
});

/** Range of epoch milliseconds that are a time: 2001 to 2286. Smaller numbers are seconds. */
const timeRange = { from: 1e12, to: 1e13 };
const withoutZone = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?$/;

/**
 * Whole epoch milliseconds of an RFC 3339 time, or of a number of milliseconds or seconds. Undefined for
 * other values and for implausible times. A time without a zone is UTC, not local time.
 */
export function timeOf(value: unknown): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) {
    const ms = number < timeRange.from / 10 ? number * 1_000 : number;
    return ms >= timeRange.from && ms < timeRange.to ? Math.round(ms) : undefined;
  }
  const text = typeof value === 'string' ? value.trim() : '';
  const time = Date.parse(withoutZone.test(text) ? `${text.replace(',', '.')}Z` : text);
  // Some programs write an unset time as the year 1.
  return time >= 0 ? time : undefined;
}

/** An amount of money in an answer; null if it is none. Finer fractions are rounded. */
export function billedAmount(reported: unknown, unit: Unit): Amount | null {
  const value = numberOf(reported);
  // The limit is far above any cost, but small enough for exact sums.
  if (value === undefined || !(value >= 0 && value < (unit === 'usd' ? 1e8 : 1e11))) return null;
  return amountFromDecimal(value.toFixed(unit === 'usd' ? 6 : 3), unit);
}
