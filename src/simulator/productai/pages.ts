import type { Context } from 'hono';
import type { Env } from '../world.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly has_more: boolean;
}

/** The page for `limit` and `offset`. Undefined when they are not valid whole numbers. */
export function pageOf<Item>(
  context: Context<Env>,
  all: readonly Item[],
  { usual, most }: { usual: number; most: number },
): Page<Item> | undefined {
  const asked = Number(context.req.query('limit') ?? Math.min(usual, most));
  const offset = Number(context.req.query('offset') ?? 0);
  if (!Number.isInteger(asked) || !Number.isInteger(offset) || asked < 1 || offset < 0)
    return undefined;
  const limit = Math.min(asked, most);
  const items = all.slice(offset, offset + limit);
  return { items, total: all.length, limit, offset, has_more: offset + limit < all.length };
}
