import type { JsonObject } from '../../../json.ts';
import type { Database } from '../database.ts';
import { parkedWithoutJob } from './ambiguous.ts';
import { states } from '../states.ts';

/**
 * Generations at an account that are pending or have files to fetch, and meet a condition on `m`.
 * `+` and `cross join` keep SQLite on the live rows; by batch or account it would read all ended
 * rows.
 */
const collectable = (condition: string): string => `select m.id from submission m
    where m.account = ?2 and m.state in ${states.pending}
      and m.op = 'generate' and (${condition})
  union select o.submission from output o indexed by output_ready
    cross join submission m on m.id = o.submission
    where o.state = 'ready' and +m.state in ${states.withFiles} and +m.account = ?2
      and (${condition})`;

/**
 * Paid by the batch, and no shot is bound to it now: the shot was replanned or retired, or a file
 * is lost.
 */
const unbound = `+m.batch = ?1
  and not exists (select 1 from shot where submission = m.id and state = 'bound')`;

/** A shot of the batch is bound to it and has no lane. */
const boundWithoutLane = `exists (select 1 from shot s
  where s.submission = m.id and +s.batch = ?1 and s.state = 'bound' and s.lane is null)`;

/** The batch paid for it, or a shot of it waits for it. */
const ofBatch = `(+m.batch = ?1
  or exists (select 1 from shot where submission = m.id and +batch = ?1 and state = 'bound'))`;

/** A row overdue by this much is orphaned: its job id arrived after the end of the range that claimed it. */
export const overdueMs = 30_000;

/** Due before ?6, and not polled or fetched since. */
const overdue = `select m.id from submission m
    where m.account = ?2 and m.state = 'submitted' and m.op = 'generate' and m.next_poll_at < ?6
      and ${ofBatch}
  union select o.submission from output o indexed by output_ready
    cross join submission m on m.id = o.submission
    where o.state = 'ready' and o.next_try_at < ?6 and +m.account = ?2 and ${ofBatch}`;

/**
 * Submissions that a range follows: those of its own shots, and the orphaned ones of its batch and
 * account.
 */
export const rangeWork = `select s.submission as id from shot s
    where s.batch = ?1 and s.account = ?2 and s.lane = ?3 and s.pos >= ?4 and s.pos < ?5
      and s.state = 'bound'
  union ${collectable(unbound)}
  union ${overdue}`;

/** Submissions of the batch at an account that no lane follows. */
export const orphans = collectable(`(${unbound}) or ${boundWithoutLane}`);

/** Accounts with orphaned, stalled or parked work of the batch. */
export function accountsWithOrphans(database: Database, batch: string): readonly string[] {
  const accounts = database.all<{ account: string }>(
    'select id as account from account order by id',
  );
  return accounts
    .map(({ account }) => account)
    .filter(
      (account) =>
        database.get(`select 1 from (${orphans}) limit 1`, batch, account) !== undefined ||
        stalledJobs(database, batch, account).length > 0 ||
        parkedWithoutJob(database, batch, account).length > 0,
    );
}

export function stalledJobs(
  database: Database,
  batch: string,
  account: string,
): readonly { submission: string; job: JsonObject }[] {
  const rows = database.all<{ id: string; job: string }>(
    `select id, job from submission m
     where account = ?2 and state = 'stalled' and op = 'generate' and job is not null
       and (batch = ?1 or exists (select 1 from shot where submission = m.id and +batch = ?1))`,
    batch,
    account,
  );
  return rows.map(({ id, job }) => ({ submission: id, job: JSON.parse(job) as JsonObject }));
}
