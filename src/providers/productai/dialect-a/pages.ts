import { z } from 'zod';
import type { Api } from '../../api.ts';
import { listIn, readList } from '../../lists.ts';
import type { Listing } from '../../port.ts';

const pagesMax = 500;
export const entriesMax = 200_000;
/** Maximum reads of a list that changes during the read. */
const walksMax = 3;

/** Documented: 20 for jobs and 100 for presets. Undocumented for uploads. */
export const usualPageSize = 20;

interface Pages<Entry extends { readonly id: string }> {
  readonly path: string;
  readonly pageSize: number;
  readonly entry: z.ZodType<Entry>;
  /** Whether the pages after this one do not matter. */
  readonly enough?: (page: readonly Entry[]) => boolean;
  /**
   * When an entry was made, epoch milliseconds. Where it is given, an entry that comes twice in one
   * read shows that others were added, or moved past it unseen: the list is read again. In a list
   * that is newest first, a second read shows them all.
   */
  readonly madeAt?: (entry: Entry) => number | undefined;
  /** Whether an unreadable entry may be a wanted one; default: any entry may. */
  readonly mayMatter?: (entry: unknown) => boolean;
}

export interface WholeListing<Entry> extends Listing<Entry> {
  /** False if the vendor probably has more entries than it showed. */
  readonly whole: boolean;
}

/**
 * Reads a list to its end. Only the list of presets is documented. `has_more` and `total` are trusted if
 * present; otherwise the list ends with a page that is empty or has nothing new. If the total changes
 * during the read, or is not reached, entries have moved between the pages.
 */
export async function listAll<Entry extends { readonly id: string }>(
  api: Api,
  pages: Pages<Entry>,
): Promise<WholeListing<Entry>> {
  const found = new Map<string, Entry>();
  for (let walks = 1; ; walks++) {
    const { end, unreadable } = await walk(api, pages, { found, isFirst: walks === 1 });
    const isOver = end !== 'moved' || walks === walksMax;
    if (isOver) return { entries: [...found.values()], unreadable, whole: end === 'whole' };
  }
}

/** One read from the first page to the last. */
async function walk<Entry extends { readonly id: string }>(
  api: Api,
  { path, pageSize, entry, enough, madeAt, mayMatter = () => true }: Pages<Entry>,
  { found, isFirst }: { readonly found: Map<string, Entry>; readonly isFirst: boolean },
): Promise<{ end: 'whole' | 'half' | 'moved'; unreadable: number }> {
  const seen = new Set<string>();
  const totals = new Set<number>();
  let offset = 0;
  let unread = 0;
  let unreadable = 0;
  let isTwice = false;
  let isNewestFirst = true;
  let oldest = Infinity;
  const ended = (): 'whole' | 'moved' => {
    const [total = 0] = totals;
    const isMoved = madeAt !== undefined && isTwice && (isFirst || !isNewestFirst);
    return isMoved || totals.size > 1 || seen.size + unread < total ? 'moved' : 'whole';
  };
  for (let page = 0; page < pagesMax; page++) {
    const query = `limit=${pageSize}&offset=${offset}`;
    const { items, more, total } = await api({
      method: 'GET',
      path: `${path}?${query}`,
      isLaterPage: page > 0,
      answer,
    });
    const read = readList(items, entry);
    const before = seen.size;
    unread += read.unreadable;
    unreadable += items.filter((item) => !entry.safeParse(item).success && mayMatter(item)).length;
    if (total !== undefined) totals.add(total);
    for (const item of read.entries) {
      const at = madeAt?.(item);
      if (seen.has(item.id)) isTwice = true;
      else if (at === undefined || at > oldest) isNewestFirst = false;
      else oldest = at;
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
