import { randomUUID } from 'node:crypto';
import { fingerprintVersion } from '../../batch/fingerprint.ts';
import { UserError } from '../../errors.ts';
import type { Database } from './database.ts';

/** Numbered by position from 1. Never edited once released: a change is another entry. */
export const migrations: readonly string[] = [
  `
create table account (
  id text primary key, provider text not null, unit text not null, per_minute integer,
  in_flight integer not null, budget_amount integer, budget_period text,
  tat real not null default 0, seq integer not null default 0
) strict, without rowid;
create table hold (
  account text not null, model text not null, reason text not null, until integer,
  primary key (account, model, reason)
) strict, without rowid;
create table batch (
  name text primary key, run integer not null, state text not null, frozen text not null,
  owner_path text not null, policy text not null, steps text not null,
  unknown_prices integer not null, started_at integer not null, ended_at integer
) strict, without rowid;
create table run (
  batch text not null, n integer not null, frozen text not null, accepted text not null,
  outcome text, started_at integer not null, ended_at integer, primary key (batch, n)
) strict, without rowid;
create table stop (
  batch text not null, lane text not null, run integer not null, reason text not null,
  at integer not null, primary key (batch, lane)
) strict, without rowid;
create table budget (
  scope text not null, account text not null, unit text not null, cap integer,
  reserved integer not null default 0, spent integer not null default 0,
  primary key (scope, account, unit)
) strict, without rowid;
create table shot (
  id integer primary key, batch text not null, key text not null, step text not null,
  name text not null, folded text not null, ordinal integer not null, take integer not null,
  account text not null, fp text not null, request text not null, model text not null,
  training_fp text, price integer, unit text not null, basis text not null, makes text not null,
  written_model text not null, variables text not null, origin text not null,
  run integer not null, lane text, pos integer, submission text, state text not null, why text,
  tries integer not null default 0, free_tries integer not null default 0,
  paid_tries integer not null default 0, touched integer not null default 0,
  seq integer not null default 0
) strict;
create unique index shot_key on shot (batch, key);
create index shot_range on shot (batch, lane, pos) where lane is not null;
create index shot_submission on shot (submission) where submission is not null;
create index shot_state on shot (batch, step, state, ordinal);
create index shot_order on shot (batch, step, ordinal, key);
create index shot_wanted on shot (account, fp) where state in ('open', 'failed');
create index shot_failed on shot (batch, run) where state = 'failed';
create index shot_seq on shot (batch, seq);
create trigger shot_added after insert on shot begin
  update shot set seq = (select max(seq) + 1 from shot where batch = new.batch) where id = new.id;
end;
create trigger shot_changed after update of state, submission, why, fp, touched on shot begin
  update shot set seq = (select max(seq) + 1 from shot where batch = new.batch) where id = new.id;
end;
create table submission (
  id text primary key, op text not null, account text not null, fp text not null,
  batch text not null, run integer not null, key text not null, attempt integer not null,
  state text not null, price integer, unit text not null, basis text not null,
  reserved integer not null, spent integer not null default 0, billed integer,
  request text, model text not null, job text, job_id text, claimed_at integer not null,
  send_by integer not null, deadline_at integer not null, submitted_at integer,
  ended_at integer, next_poll_at integer, polls integer not null default 0, give_up_at integer,
  why text, surplus integer not null default 0, worker text not null
) strict, without rowid;
create unique index submission_exclusive on submission (account, fp)
  where state in ('claimed', 'submitted', 'ambiguous', 'parked', 'stalled', 'succeeded');
create unique index submission_job on submission (account, job_id) where job_id is not null;
create index submission_state on submission (account, state, deadline_at);
create index submission_fp on submission (account, fp);
create index submission_batch on submission (batch, claimed_at);
create table output (
  submission text not null, idx integer not null, state text not null, remote text not null,
  url text, expires_at integer, next_try_at integer not null, tries integer not null default 0,
  sha256 text, bytes integer, mime text, width integer, height integer, saved_at integer,
  why text, primary key (submission, idx)
) strict, without rowid;
create index output_ready on output (submission) where state = 'ready';
create trigger output_added after insert on output begin
  update shot set touched = touched + 1 where submission = new.submission;
end;
create trigger output_changed after update of state on output begin
  update shot set touched = touched + 1 where submission = new.submission;
end;
create table shot_file (
  batch text not null, key text not null, sha256 text not null, primary key (batch, key, sha256)
) strict, without rowid;
create table approval (
  batch text not null, step text not null, output_sha text not null,
  verdict text not null check (verdict in ('approved', 'rejected')), at integer not null,
  primary key (batch, step, output_sha)
) strict, without rowid;
create table upload (
  account text not null, sha256 text not null, purpose text not null, state text not null,
  remote text not null default 'null', url text, expires_at integer,
  primary key (account, sha256, purpose)
) strict, without rowid;
create table model (
  account text not null, fp text not null, remote_id text, phase text not null, why text,
  lease_owner text, lease_until integer, primary key (account, fp)
) strict, without rowid;
create table model_image (
  account text not null, fp text not null, sha256 text not null, remote_id text,
  primary key (account, fp, sha256)
) strict, without rowid;
create table kept_plan (id text primary key, content text not null, at integer not null) strict;
`,
  `
create table discovered (
  account text primary key, models text not null, at integer not null
) strict, without rowid;
create table quote (
  account text not null, key text not null, amount integer not null, at integer not null,
  primary key (account, key)
) strict, without rowid;
`,
  `
alter table submission add column refund text;
alter table submission add column refund_at integer;
alter table submission add column refund_until integer;
alter table submission add column refund_checks integer not null default 0;
create index submission_refund on submission (account, refund_at) where refund = 'owed';
alter table account add column claims_wait_until integer not null default 0;
alter table account add column calls_wait_until integer not null default 0;
alter table account add column last_slot text;
alter table model add column seen_at integer;
`,
  `
alter table submission add column listed integer;
create table balance (
  batch text not null, run integer not null, account text not null, moment text not null,
  amount integer not null, at integer not null, primary key (batch, run, account, moment)
) strict, without rowid;
`,
  `
alter table submission add column resolution text;
alter table submission add column spare integer not null default 0;
drop index submission_exclusive;
create unique index submission_exclusive on submission (account, fp) where spare = 0
  and state in ('claimed', 'submitted', 'ambiguous', 'parked', 'stalled', 'succeeded');
drop index shot_wanted;
create index shot_wanted on shot (account, fp) where state in ('open', 'failed', 'skipped');
`,
  `
alter table hold add column set_at integer not null default 0;
alter table submission add column timed_at integer not null default 0;
alter table output add column timed_at integer not null default 0;
`,
  `
alter table output add column refusals integer not null default 0;
`,
  `
create index submission_claimed on submission (account, claimed_at);
`,
  `
alter table submission add column over_at integer;
create index shot_open on shot (batch, account) where state = 'open';
`,
  `
alter table model add column missing_since integer;
`,
  `
alter table submission add column job_from text;
`,
  `
create table bill (
  account text not null, key text not null, model text not null, amount integer not null,
  at integer not null, primary key (account, key)
) strict, without rowid;
delete from hold where reason = 'overBilled';
`,
  `
create table gap (
  id integer primary key, from_at integer not null, to_at integer not null, why text not null,
  found_at integer not null, closed_at integer
) strict;
create table place (path text not null, dev text not null, ino text not null) strict;
create index output_file on output (sha256) where sha256 is not null;
`,
  `
alter table output add column refused_at integer;
alter table output add column refused_ms integer not null default 0;
alter table output add column gone_answers integer not null default 0;
alter table output add column gone_ms integer not null default 0;
alter table output add column seen_sha256 text;
alter table output add column seen_at integer;
alter table output add column damaged text;
alter table output add column asked_at integer;
create index submission_lost on submission (batch) where state = 'lost';
create index output_damaged on output (submission) where damaged is not null;
`,
  `
alter table submission add column undelivered integer not null default 0;
update submission set undelivered = max(0, coalesce(request ->> '$.outputs', 1)
    - (select count(*) from output o where o.submission = submission.id))
  where op = 'generate' and state in ('succeeded', 'lost');
alter table upload add column stored_at integer not null default 0;
alter table upload add column seen_at integer not null default 0;
create table ready_model (
  account text not null, id text not null, seen_at integer not null, primary key (account, id)
) strict, without rowid;
`,
  `
alter table submission add column gap integer;
create table gap_clear (
  gap integer not null, account text not null, primary key (gap, account)
) strict, without rowid;
`,
  `
update account set tat = round(tat * 1000);
`,
  `
alter table submission add column refusals integer not null default 1;
alter table submission add column refused_at integer;
`,
  // Closed by the lists of jobs alone, until now.
  `
update gap set closed_at = null where id in (select gap from gap_clear);
`,
  // Until now the time of a claim told what came after what.
  `
alter table meta add column claims integer not null default 0;
alter table meta add column clock_at integer;
alter table submission add column claim_no integer not null default 0;
alter table gap add column claims integer not null default 0;
create table clock_back (claim_no integer primary key, at integer not null) strict;
update submission set claim_no = numbered.n from (
  select id, row_number() over (order by claimed_at, id) as n from submission) as numbered
  where numbered.id = submission.id;
update meta set claims = (select count(*) from submission),
  clock_at = (select max(claimed_at) from submission);
update gap set claims = (select count(*) from submission where claimed_at < gap.found_at);
`,
  `
alter table submission rename column surplus to duplicate;
alter table submission rename column spare to standby;
alter table kept_plan rename to saved_plan;
alter table hold rename to block;
update block set reason = 'circuitOpen' where reason = 'breaker';
update stop set reason = json_object('kind', 'block', 'block',
    iif(reason ->> 'hold' = 'breaker', 'circuitOpen', reason ->> 'hold'),
    'account', reason ->> 'account')
  where reason ->> 'kind' = 'hold';
`,
  `
alter table meta add column lineage text;
update meta set lineage = lower(hex(randomblob(16)));
`,
  `
alter table run add column accounts text not null default '[]';
update run set accounts = (select json_group_array(value ->> 'account') from json_each(accepted));
`,
  // Shots that were cached when the run was accepted have no part in `accepted`.
  `
update run set accounts = (select json_group_array(account) from (
  select value as account from json_each(run.accounts)
  union select account from shot where shot.batch = run.batch and shot.run = run.n));
`,
  // Until now each command set the limits and budgets of all projects that share the ledger.
  `
create table account_limit (
  account text not null, project text not null, per_minute integer, in_flight integer not null,
  budget_amount integer, budget_period text, primary key (account, project)
) strict, without rowid;
insert into account_limit
  select id, '', per_minute, in_flight, budget_amount, budget_period from account;
alter table account drop column per_minute;
alter table account drop column in_flight;
alter table account drop column budget_amount;
alter table account drop column budget_period;
alter table batch add column project text not null default '';
create index batch_unfinished on batch (project) where ended_at is null;
`,
  // The key of an account may become that of another vendor account.
  `
alter table meta add column salt text;
update meta set salt = lower(hex(randomblob(32)));
create table account_key (
  account text not null, hash text not null, primary key (account, hash)
) strict, without rowid;
`,
  `
alter table block add column why text;
alter table block add column since integer;
`,
];

/**
 * Brings the file to this program's schema; several processes may do it at once.
 * Answers the ledger's id.
 * @throws UserError when a newer program wrote the file
 */
export function migrate(database: Database, path: string): Promise<string> {
  return database.transaction(() => {
    database.execute(
      `create table if not exists meta (
        ledger_id text not null, schema_version integer not null,
        fingerprint_version integer not null) strict`,
    );
    database.run(
      `insert into meta (ledger_id, schema_version, fingerprint_version)
         select ?, 0, ? where not exists (select 1 from meta)`,
      randomUUID(),
      fingerprintVersion,
    );
    const meta = database.get<{ id: string; schema: number; fingerprint: number }>(
      `select ledger_id as id, schema_version as schema, fingerprint_version as fingerprint
       from meta`,
    );
    if (!meta) throw new Error('the ledger has no meta row');
    if (meta.schema > migrations.length || meta.fingerprint > fingerprintVersion)
      throw new UserError(`${path} was written by a newer version of shotlist`, {
        next: ['update shotlist, or use another project folder'],
      });
    for (const migration of migrations.slice(meta.schema)) database.execute(migration);
    database.run(
      'update meta set schema_version = ?, fingerprint_version = ?',
      migrations.length,
      fingerprintVersion,
    );
    return meta.id;
  });
}
