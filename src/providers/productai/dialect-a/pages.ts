import { z } from 'zod';
import type { Api } from '../../api.ts';
import { listIn, readList } from '../../lists.ts';
import type { Listing } from '../../port.ts';

const pagesMax = 500;
export const entriesMax = 200_000;
/** A list that moves while it is read is read so often. */
const walksMax = 3;

/** The documents say 20 of jobs and nothing of uploads; presets take 100. */
export const usualPageSize = 20;

interface Pages<Entry extends { readonly id: string }> {
  readonly path: string;
  readonly pageSize: number;
  readonly entry: z.ZodType<Entry>;
  /** Whether what comes after this page does not matter. */
  readonly enough?: (page: readonly Entry[]) => boolean;
  /** Whether an entry that cannot be read may be one that is looked for; default: any may. */
  readonly mayMatter?: (entry: unknown) => boolean;
}

export interface WholeListing<Entry> extends Listing<Entry> {
  /** False where more than the vendor showed is likely to exist. */
  readonly whole: boolean;
}

/**
 * Follows a list to its end. Only the list of presets is documented: `has_more` and `total` are believed where
 * they are there, else the list ends with a page that is empty, or that brings nothing new. A total that
 * changes meanwhile, or is not reached, means that entries have moved between the pages.
 */
export async function listAll<Entry extends { readonly id: string }>(
  api: Api,
  pages: Pages<Entry>,
): Promise<WholeListing<Entry>> {
  const found = new Map<string, Entry>();
  for (let walks = 1; ; walks++) {
    const { end, unreadable } = await walk(api, pages, found);
    const isOver = end !== 'moved' || walks === walksMax;
    if (isOver) return { entries: [...found.values()], unreadable, whole: end === 'whole' };
  }
}

/** Once from the first page to the last. */
async function walk<Entry extends { readonly id: string }>(
  api: Api,
  { path, pageSize, entry, enough, mayMatter = () => true }: Pages<Entry>,
  found: Map<string, Entry>,
): Promise<{ end: 'whole' | 'half' | 'moved'; unreadable: number }> {
  const seen = new Set<string>();
  const totals = new Set<number>();
  let offset = 0;
  let unread = 0;
  let unreadable = 0;
  const ended = (): 'whole' | 'moved' => {
    const [total = 0] = totals;
    return totals.size > 1 || seen.size + unread < total ? 'moved' : 'whole';
  };
  for (let page = 0; page < pagesMax; page++) {
    const query = `limit=${pageSize}&offset=${offset}`;
    const { items, more, total } = await api({ method: 'GET', path: `${path}?${query}`, answer });
    const read = readList(items, entry);
    const before = seen.size;
    unread += read.unreadable;
    unreadable += items.filter((item) => !entry.safeParse(item).success && mayMatter(item)).length;
    if (total !== undefined) totals.add(total);
    for (const item of read.entries) {
      found.set(item.id, item);
      seen.add(item.id);
    }
    offset += items.length;
    if (enough?.(read.entries)) return { end: 'whole', unreadable };
    if (more === false || items.length === 0) return { end: ended(), unreadable };
    if (found.size > entriesMax) break;
    if (seen.size === before) {
      const isShort = more === undefined && items.length < pageSize;
      return { end: isShort ? ended() : 'half', unreadable };
    }
  }
  return { end: 'half', unreadable };
}

const reported = z.looseObject({
  has_more: z.boolean().optional().catch(undefined),
  total: z.int().min(0).optional().catch(undefined),
});

const answer = z.unknown().transform((body, context) => {
  const items = listIn(body);
  const { has_more: more, total } = reported.safeParse(body).data ?? {};
  if (items) return { items, more, total };
  context.addIssue({ code: 'custom', message: 'holds no list' });
  return z.NEVER;
});
