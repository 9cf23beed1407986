import type { Fault } from './faults.ts';

type Entries = readonly unknown[];

/** Echoes of the request, and lists that are not the answer's own. */
const inner: ReadonlySet<string> = new Set([
  'data',
  'params',
  'request',
  'attachments',
  'attachmentMediaIds',
  'details',
]);

interface Place {
  readonly entries: Entries;
  readonly put: (entries: Entries) => void;
}

/** The main list of an answer: the first one with an entry, from the outside in. */
export function findEntries(body: unknown): Place | undefined {
  if (!isRecord(body)) return undefined;
  const open: Record<string, unknown>[] = [body];
  for (let at = 0; at < open.length; at += 1) {
    const record = open[at] ?? {};
    for (const [name, value] of Object.entries(record)) {
      if (inner.has(name)) continue;
      if (Array.isArray(value) && value.length > 0)
        return { entries: value, put: (entries) => (record[name] = entries) };
      if (isRecord(value)) open.push(value);
    }
  }
  return undefined;
}

/**
 * Reordering and shortening need two entries. One entry has no other order, and without it no list
 * is left.
 */
export function applies(fault: Fault, entries: Entries): boolean {
  const needsTwo = fault.kind === 'entries-reordered' || fault.kind === 'entries-fewer';
  return !needsTwo || entries.length > 1;
}

/** The list after the fault. `copy` makes a file with the same content at another link. */
export function spoilEntries(
  entries: Entries,
  fault: Fault,
  copy: (link: string) => string | undefined,
): Entries {
  const middle = Math.floor(entries.length / 2);
  switch (fault.kind) {
    case 'entries-reordered':
      return entries.toReversed();
    case 'entries-doubled':
      return [...entries, entries[0]];
    case 'entries-null':
      return entries.toSpliced(middle, 0, null);
    case 'entries-unreadable':
      return entries.with(middle, garbled(entries[middle]));
    case 'entries-fewer':
      return entries.slice(1);
    default:
      return [...entries, another(entries.at(-1), copy)];
  }
}

/** Replaces every value with one of another type. */
function garbled(entry: unknown): unknown {
  if (!isRecord(entry)) return 42;
  return Object.fromEntries(Object.keys(entry).map((name) => [name, { is: 'garbled' }]));
}

/** A similar entry with its own id and link. */
function another(entry: unknown, copy: (link: string) => string | undefined): unknown {
  if (typeof entry === 'string') return copy(entry) ?? `${entry}-copy`;
  if (!isRecord(entry)) return entry;
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => {
      if (isRecord(value)) return [name, another(value, copy)];
      if (typeof value !== 'string') return [name, value];
      if (/url$/i.test(name)) return [name, copy(value) ?? value];
      return [name, /id$/i.test(name) ? `${value}-copy` : value];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
