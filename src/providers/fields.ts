import { z } from 'zod';
import type { FieldSpec } from '../batch/model-spec.ts';

/** A field that takes one of a few values; `preset` is what the vendor takes when it is not sent. */
export function choice(values: readonly (string | number)[], preset?: string | number): FieldSpec {
  return preset === undefined
    ? { kind: 'choice', values }
    : { kind: 'choice', values, default: preset };
}

/** Ids are opaque; a number is kept as text. */
export const opaqueId = z.union([z.string().min(1), z.number().transform(String)]);

/** Milliseconds of an RFC 3339 time or of a number of them; undefined when it is neither. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value : Date.parse(String(value));
  return Number.isFinite(time) ? time : undefined;
}
