import type { Gap, GapLedger } from '../port.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';

interface GapRecord {
  id: number;
  from_at: number;
  to_at: number;
  why: string;
  found_at: number;
  closed_at: number | null;
}

export function createGapLedger(
  { database, commits, now }: Context,
  { found, copyOf }: Pick<GapLedger, 'found' | 'copyOf'>,
): GapLedger {
  return {
    found,
    copyOf,
    list: async ({ closed = false } = {}) =>
      database
        .all<GapRecord>(
          'select * from gap where closed_at is null or ? order by from_at, id',
          closed ? 1 : 0,
        )
        .map(gapOf),
    add: (gap) => commits.write(() => addGap(database, gap, now())),
    close: (id) =>
      commits.write(
        () =>
          database.run(
            'update gap set closed_at = ? where id = ? and closed_at is null',
            now(),
            id,
          ) > 0,
      ),
  };
}

export function addGap(
  database: Database,
  { from, to, why }: Pick<Gap, 'from' | 'to' | 'why'>,
  now: number,
): Gap {
  const touched = database.get<GapRecord>(
    `update gap set from_at = min(from_at, ?1), to_at = max(to_at, ?2)
     where id = (select id from gap where closed_at is null and why = ?3
       and from_at <= ?2 and to_at >= ?1 order by id limit 1) returning *`,
    from,
    to,
    why,
  );
  const record =
    touched ??
    database.get<GapRecord>(
      'insert into gap (from_at, to_at, why, found_at) values (?, ?, ?, ?) returning *',
      from,
      Math.max(from, to),
      why,
      now,
    );
  if (!record) throw new Error('the gap was not written');
  return gapOf(record);
}

function gapOf({ id, from_at, to_at, why, found_at, closed_at }: GapRecord): Gap {
  return { id, from: from_at, to: to_at, why, foundAt: found_at, closedAt: closed_at };
}
