import { z } from 'zod';
import type { Api } from '../../api.ts';
import { listIn } from '../../lists.ts';

const pagesMax = 500;
export const entriesMax = 200_000;

/** The documents say 20 of jobs and nothing of uploads; presets take 100. */
export const usualPageSize = 20;

interface Listing<Entry extends { readonly id: string }> {
  readonly path: string;
  readonly pageSize: number;
  readonly entry: z.ZodType<Entry>;
  /** Whether what comes after this page does not matter. */
  readonly enough?: (page: readonly Entry[]) => boolean;
}

/**
 * Follows a list to its end. Only the list of presets is documented: `has_more` is believed where it is
 * there, else the list ends with a page that is empty, or that brings nothing new.
 * @returns `whole` false where more than the vendor shows is likely to exist
 */
export async function listAll<Entry extends { readonly id: string }>(
  api: Api,
  { path, pageSize, entry, enough }: Listing<Entry>,
): Promise<{ entries: readonly Entry[]; whole: boolean }> {
  const answer = pageOf(entry);
  const found = new Map<string, Entry>();
  let offset = 0;
  for (let page = 0; page < pagesMax; page++) {
    const query = `limit=${pageSize}&offset=${offset}`;
    const { items, more } = await api({ method: 'GET', path: `${path}?${query}`, answer });
    const before = found.size;
    for (const item of items) found.set(item.id, item);
    offset += items.length;
    const entries = [...found.values()];
    if (more === false || items.length === 0 || enough?.(items)) return { entries, whole: true };
    if (found.size > entriesMax) break;
    if (found.size === before)
      return { entries, whole: more === undefined && items.length < pageSize };
  }
  return { entries: [...found.values()], whole: false };
}

function pageOf<Entry>(entry: z.ZodType<Entry>) {
  const items = z.array(entry);
  const told = z.looseObject({ has_more: z.boolean() });
  return z.unknown().transform((body, context) => {
    const read = items.safeParse(listIn(body));
    if (!read.success) {
      context.addIssue({ code: 'custom', message: z.prettifyError(read.error) });
      return z.NEVER;
    }
    return { items: read.data, more: told.safeParse(body).data?.has_more };
  });
}
