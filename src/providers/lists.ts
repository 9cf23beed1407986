import type { z } from 'zod';
import type { ListedJob, Listing } from './port.ts';

/** The vendor returns only a part of its list. In a partial list an existing job looks absent. */
export class IncompleteListError extends Error {
  override readonly name = 'IncompleteListError';
}

/**
 * Reads a list entry by entry. An unreadable entry is counted and does not affect the others. A value
 * that is no list counts as one unreadable entry.
 */
export function readList<Entry>(listed: unknown, entry: z.ZodType<Entry>): Listing<Entry> {
  if (!Array.isArray(listed)) return { entries: [], unreadable: 1 };
  const entries = listed.flatMap((one) => {
    const read = entry.safeParse(one);
    return read.success ? [read.data] : [];
  });
  return { entries, unreadable: listed.length - entries.length };
}

/** The same list with each entry changed. */
export function mapList<From, To>(
  { entries, unreadable }: Listing<From>,
  change: (entry: From) => To,
): Listing<To> {
  return { entries: entries.map(change), unreadable };
}

/**
 * The list in an answer of undocumented shape: bare, or in an object, at most three levels deep.
 * Undefined if there is none.
 */
export function listIn(value: unknown, depth = 3): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (depth === 0 || value === null || typeof value !== 'object') return undefined;
  const inner = Object.values(value);
  const list = inner.find((one): one is unknown[] => Array.isArray(one));
  if (list) return list;
  for (const one of inner) {
    const found = listIn(one, depth - 1);
    if (found) return found;
  }
  return undefined;
}

/** Jobs without a time come last. */
export function oldestFirst(jobs: readonly ListedJob[]): ListedJob[] {
  const time = ({ createdAt }: ListedJob): number => createdAt ?? Number.MAX_SAFE_INTEGER;
  return jobs.toSorted((one, other) => time(one) - time(other));
}
