import { z } from 'zod';
import type { FieldSpec } from '../batch/model-spec.ts';
import { amountFromDecimal, type Amount, type Unit } from '../money.ts';

/** A field that takes one of a few values; `preset` is what the vendor takes when it is not sent. */
export function choice(values: readonly (string | number)[], preset?: string | number): FieldSpec {
  return preset === undefined
    ? { kind: 'choice', values }
    : { kind: 'choice', values, default: preset };
}

export const idLettersMax = 500;

/**
 * Ids are opaque; a number is kept as text. They stand in paths of later requests, always encoded; `.` and
 * `..` lead elsewhere even so, and no vendor has ids with control characters.
 */
export const opaqueId = z.union([
  z
    .string()
    .min(1)
    .max(idLettersMax)
    .refine((id) => !/^\.{1,2}$|\p{Cc}/u.test(id) && id.isWellFormed(), 'not an id'),
  z.number().transform(String),
]);

/** Milliseconds of an RFC 3339 time or of a number of them; undefined when it is neither. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value : Date.parse(String(value));
  return Number.isFinite(time) ? time : undefined;
}

/** An amount of money in an answer; null when it is none. A fraction finer than we keep is rounded. */
export function billedAmount(told: unknown, unit: Unit): Amount | null {
  const given = typeof told === 'number' || (typeof told === 'string' && told !== '');
  const value = given ? Number(told) : NaN;
  if (!(value >= 0 && value < 1e12)) return null;
  return amountFromDecimal(value.toFixed(unit === 'usd' ? 6 : 3), unit);
}
