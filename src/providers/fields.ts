import { z } from 'zod';
import type { FieldSpec } from '../batch/model-spec.ts';
import { amountFromDecimal, type Amount, type Unit } from '../money.ts';

/** A field that takes one of a few values; `preset` is what the vendor takes when it is not sent. */
export function choice(values: readonly (string | number)[], preset?: string | number): FieldSpec {
  return preset === undefined
    ? { kind: 'choice', values }
    : { kind: 'choice', values, default: preset };
}

export const idCharactersMax = 500;

/**
 * Ids are opaque; a number is kept as text. They stand in paths of later requests, always encoded; `.` and
 * `..` lead elsewhere even so, and no vendor has ids with control characters.
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

/** A number, or a text that is nothing but a decimal one; undefined when it is neither, or not finite. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && decimal.test(value)))
    return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A number that some answers may write as a text. */
export const numeric = z.unknown().transform((value, context) => {
  const number = numberOf(value);
  if (number !== undefined) return number;
  context.addIssue({ code: 'custom', message: 'not a number' });
  return z.NEVER;
});

/** Between which a number of milliseconds is a time: 2001 and 2286. What is smaller counts seconds. */
const timeRange = { from: 1e12, to: 1e13 };
const withoutZone = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?$/;

/**
 * Whole milliseconds of an RFC 3339 time, or of a number of milliseconds or seconds; undefined when it is
 * none of these, or no time that a vendor can mean. A time that names no zone is UTC, wherever we run.
 */
export function timeOf(value: unknown): number | undefined {
  const number = numberOf(value);
  if (number !== undefined) {
    const ms = number < timeRange.from / 10 ? number * 1_000 : number;
    return ms >= timeRange.from && ms < timeRange.to ? Math.round(ms) : undefined;
  }
  const text = typeof value === 'string' ? value.trim() : '';
  const time = Date.parse(withoutZone.test(text) ? `${text.replace(',', '.')}Z` : text);
  // Some programs write a time that was never set as that of the year 1.
  return time >= 0 ? time : undefined;
}

/** An amount of money in an answer; null when it is none. A fraction finer than we keep is rounded. */
export function billedAmount(reported: unknown, unit: Unit): Amount | null {
  const value = numberOf(reported);
  // Far more than anything costs, and yet small enough that sums of them are exact.
  if (value === undefined || !(value >= 0 && value < (unit === 'usd' ? 1e8 : 1e11))) return null;
  return amountFromDecimal(value.toFixed(unit === 'usd' ? 6 : 3), unit);
}
