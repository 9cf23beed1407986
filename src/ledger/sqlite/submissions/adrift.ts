import type { JsonObject } from '../../../json.ts';
import type { Database } from '../database.ts';
import { parkedWithoutJob } from './unclear.ts';

/**
 * Generations at an account that are alive or have files to fetch, and meet a condition on `m`. `+` and
 * `cross join` keep SQLite on what is live: by batch or account it would read all that ever ended.
 */
const collectable = (condition: string): string => `select m.id from submission m
    where m.account = ?2 and m.state in ('claimed', 'submitted', 'ambiguous')
      and m.op = 'generate' and (${condition})
  union select o.submission from output o indexed by output_ready
    cross join submission m on m.id = o.submission
    where o.state = 'ready' and +m.state in ('succeeded', 'lost') and +m.account = ?2
      and (${condition})`;

/**
 * Of the batch, and no shot waits for it any more (replanned or retired since, or one of its files is lost),
 * so that nothing paid is forgotten.
 */
const unwaited = `+m.batch = ?1
  and not exists (select 1 from shot where submission = m.id and state = 'bound')`;
/** A shot of the batch waits for it outside all lanes. */
const waitedLaneless = `exists (select 1 from shot s
  where s.submission = m.id and +s.batch = ?1 and s.state = 'bound' and s.lane is null)`;

/** The batch paid for it, or a shot of it waits for it. */
const ofBatch = `(+m.batch = ?1
  or exists (select 1 from shot where submission = m.id and +batch = ?1 and state = 'bound'))`;

/** A due row untouched for this long is orphaned: its job's id came after the range that claimed it had ended. */
export const neglectedMs = 30_000;

/** What was due before ?6 and is still not looked at. */
const neglected = `select m.id from submission m
    where m.account = ?2 and m.state = 'submitted' and m.op = 'generate' and m.next_poll_at < ?6
      and ${ofBatch}
  union select o.submission from output o indexed by output_ready
    cross join submission m on m.id = o.submission
    where o.state = 'ready' and o.next_try_at < ?6 and +m.account = ?2 and ${ofBatch}`;

/**
 * What a range answers for: submissions that its shots are bound to, whoever pays, unwaited and neglected
 * ones.
 */
export const concerned = `select s.submission as id from shot s
    where s.batch = ?1 and s.account = ?2 and s.lane = ?3 and s.pos >= ?4 and s.pos < ?5
      and s.state = 'bound'
  union ${collectable(unwaited)}
  union ${neglected}`;

/** What no lane answers for. */
export const laneless = collectable(`(${unwaited}) or ${waitedLaneless}`);

/** Accounts at which something of the batch stands in no lane, was given up as endless, or left to a person. */
export function adrift(database: Database, batch: string): readonly string[] {
  const accounts = database.all<{ account: string }>(
    'select id as account from account order by id',
  );
  return accounts
    .map(({ account }) => account)
    .filter(
      (account) =>
        database.get(`select 1 from (${laneless}) limit 1`, batch, account) !== undefined ||
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
