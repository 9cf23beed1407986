import type { Gap, GapLedger } from '../port.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';

interface GapRecord {
  id: number;
  from_at: number;
  to_at: number;
  why: string;
  found_at: number;
  claims: number;
  closed_at: number | null;
  clear: string;
  is_clear: number;
}

/**
 * To be followed by `where`. Each read checks whether all accounts are clear: an account configured
 * later may have been used in the gap as well.
 */
const selection = `select *, (select json_group_array(account) from gap_clear where gap = gap.id) as clear,
  exists (select 1 from gap_clear where gap = gap.id) and not exists (
    select 1 from account a
    where not exists (select 1 from gap_clear where gap = gap.id and account = a.id)) as is_clear
  from gap`;

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
          `${selection} where closed_at is null and not is_clear or ? order by from_at, id`,
          closed ? 1 : 0,
        )
        .map(gapOf),
    add: (gap) => commits.write(() => addGap(database, gap, now())),
    clear: (id, account) => commits.write(() => clear(database, id, account)),
    close: (id) => commits.write(() => close(database, id, now())),
  };
}

/** Gaps in which unknown jobs of the account may have been requested. */
export function gapsOfJobs(database: Database, account: string): readonly Gap[] {
  return database
    .all<GapRecord>(
      `${selection} where closed_at is null
         and not exists (select 1 from gap_clear where gap = gap.id and account = ?)
       order by from_at, id`,
      account,
    )
    .map(gapOf);
}

/** The same for trainings. No list of jobs shows them, so a clear account proves nothing about them. */
export function gapsOfTrainings(database: Database): readonly Gap[] {
  return database
    .all<GapRecord>(`${selection} where closed_at is null order by from_at, id`)
    .map(gapOf);
}

/**
 * The first gap in which a request may have been sent. A request claimed after the gap was found is
 * known to the ledger. A request with a submission for the gap needs no other.
 */
export function gapOfRequest(
  database: Database,
  { account, fp }: { readonly account: string; readonly fp: string },
  gaps: readonly Gap[],
): Gap | undefined {
  return gaps.find(
    ({ id, claims }) =>
      database.get(
        'select 1 from submission where account = ? and fp = ? and (gap = ? or gap is null and claim_no > ?)',
        account,
        fp,
        id,
        claims,
      ) === undefined,
  );
}

function clear(database: Database, id: number, account: string): void {
  // A merged gap may have replaced it since the lookup.
  database.run(
    'insert or ignore into gap_clear (gap, account) select id, ? from gap where id = ?',
    account,
    id,
  );
}

function close(database: Database, id: number, now: number): boolean {
  return (
    database.run('update gap set closed_at = ? where id = ? and closed_at is null', now, id) > 0
  );
}

/** Merges the gaps that it touches, under a new id: lookups for them did not cover the whole gap. */
export function addGap(
  database: Database,
  { from, to, why }: Pick<Gap, 'from' | 'to' | 'why'>,
  now: number,
): Gap {
  const end = Math.max(from, to);
  const taken = database.all<GapRecord>(
    `${selection} where closed_at is null and from_at <= ? and to_at >= ? order by id`,
    end,
    from,
  );
  const reasons = new Set([...taken.flatMap((gap) => gap.why.split(besides)), why]);
  const added = database.get<{ id: number }>(
    `insert into gap (from_at, to_at, why, found_at, claims)
     values (?, ?, ?, ?, (select claims from meta)) returning id`,
    Math.min(from, ...taken.map((gap) => gap.from_at)),
    Math.max(end, ...taken.map((gap) => gap.to_at)),
    [...reasons].join(besides),
    now,
  );
  for (const { id } of taken) {
    database.run('delete from gap where id = ?', id);
    database.run('delete from gap_clear where gap = ?', id);
  }
  const record = database.get<GapRecord>(`${selection} where id = ?`, added?.id ?? 0);
  if (!record) throw new Error('the gap was not written');
  return gapOf(record);
}

const besides = '; ';

function gapOf(record: GapRecord): Gap {
  return {
    id: record.id,
    from: record.from_at,
    to: record.to_at,
    why: record.why,
    foundAt: record.found_at,
    claims: record.claims,
    closedAt: record.closed_at,
    isOpen: record.closed_at === null && record.is_clear === 0,
    clearAccounts: JSON.parse(record.clear) as string[],
  };
}
