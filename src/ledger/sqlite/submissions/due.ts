import type { MediaKind } from '../../../batch/model-spec.ts';
import type { Json, JsonObject } from '../../../json.ts';
import type { Due, Range, SubmissionLedger } from '../../port.ts';
import { noLane } from '../../rules/lane-name.ts';
import { rangeWork, orphans, overdueMs } from './orphans.ts';
import { sendWithinMs } from '../claims/insert-submission.ts';
import { clockCorrectionMs } from '../clock-correction.ts';
import type { Database } from '../database.ts';
import { expireClaims } from '../submission-state.ts';
import { orderedFiles } from '../rows.ts';
import { countRange, type RangeCounts } from '../claims/claim.ts';
import { ambiguousColumns, ambiguousOf, type AmbiguousRecord } from './ambiguous.ts';

type DueOptions = Parameters<SubmissionLedger['due']>[1];

/** The rows of `rangeWork`, read once and passed to each statement as a list. */
const among = '(select value from json_each(?1))';

/** Due time of a row. A `timed_at` in the future is from before the clock was set back: due now. */
const dueAt = (column: string, now: string): string => `iif(timed_at > ${now}, ${now}, ${column})`;

/** Time from which a request without a usable answer may be looked up: sooner when its end was seen. */
const settleAt = (overMs: string, settleMs: string): string =>
  `coalesce(over_at + ${overMs}, deadline_at + ${settleMs})`;

export function due(database: Database, range: Range, options: DueOptions, now: number): Due {
  bringNearer(database, range.account, now);
  expireClaims(database, range.account, now);
  const { batch, lane, from, to, account } = range;
  const isOrphanRange = lane === noLane;
  const rows = isOrphanRange
    ? database.all<{ id: string }>(orphans, batch, account)
    : database.all<{ id: string }>(rangeWork, batch, account, lane, from, to, now - overdueMs);
  const ids = JSON.stringify([...rows.map(({ id }) => id), ...(options.taken ?? [])]);
  const polls = duePolls(database, ids, options, now);
  const downloads = dueDownloads(database, ids, options, now);
  const ambiguous = dueAmbiguous(database, ids, options, now);
  const nextAt = database.get<{ at: number | null }>(
    `select min(at) as at from (
       select case state when 'submitted' then ${dueAt('next_poll_at', '?3')}
         when 'claimed' then deadline_at when 'ambiguous' then ${settleAt('?4', '?2')} end as at
         from submission where id in ${among}
       union all select ${dueAt('next_try_at', '?3')}
         from output where submission in ${among} and state = 'ready')`,
    ids,
    options.settleMs,
    now,
    options.overMs ?? options.settleMs,
  )?.at;
  const live = database.get<{ count: number }>(
    `select count(*) as count from submission where account = ? and state = 'submitted'`,
    account,
  );
  const busy = polls.length + downloads.length + ambiguous.length > 0;
  const counts: RangeCounts = isOrphanRange
    ? { open: 0, bound: rows.length }
    : countRange(database, range);
  return {
    polls,
    downloads,
    ambiguous,
    nextInMs:
      nextAt === null || nextAt === undefined ? (busy ? 0 : null) : Math.max(0, nextAt - now),
    live: live?.count ?? 0,
    late: filesAreLate(database, range, now),
    ...counts,
  };
}

/**
 * Claims with a time later than now are from before the clock was set back. Their real age is
 * unknown, so the wait for their answers starts now. Their `deadline_at` then lies nearer to
 * `claimed_at`, or before it, which shows that the clock was set back. An end that was seen cannot
 * be later than now.
 */
function bringNearer(database: Database, account: string, now: number): void {
  database.run(
    `update submission set send_by = ?2, deadline_at = ?2 + deadline_at - send_by
     where account = ?1 and state in ('claimed', 'ambiguous') and send_by > ?2 + ?3`,
    account,
    now + sendWithinMs,
    clockCorrectionMs,
  );
  database.run(
    `update submission set over_at = ?2
     where account = ?1 and state = 'ambiguous' and over_at > ?2 + ?3`,
    account,
    now,
    clockCorrectionMs,
  );
}

function duePolls(database: Database, ids: string, options: DueOptions, now: number) {
  const rows = database.all<{
    id: string;
    job: string;
    job_id: string;
    model: string;
    op: 'generate' | 'train';
    submitted_at: number;
    polls: number;
    give_up_at: number;
    ordered: number;
  }>(
    `select id, job, job_id, model, op, submitted_at, polls, give_up_at,
       ${orderedFiles} as ordered from submission
     where id in ${among} and state = 'submitted' and (next_poll_at <= ?2 or timed_at > ?2)
     order by next_poll_at limit ?3`,
    ids,
    now,
    options.limit,
  );
  for (const { id } of rows)
    database.run(
      'update submission set next_poll_at = ?, timed_at = ? where id = ?',
      now + Math.round(options.leaseMs),
      now,
      id,
    );
  return rows.map((row) => ({
    submission: row.id,
    job: JSON.parse(row.job) as JsonObject,
    jobId: row.job_id,
    model: row.model,
    operation: row.op,
    submittedAt: row.submitted_at,
    polls: row.polls,
    giveUpAt: row.give_up_at,
    ordered: row.ordered,
  }));
}

function dueDownloads(database: Database, ids: string, options: DueOptions, now: number) {
  const rows = database.all<{
    submission: string;
    idx: number;
    remote: string;
    url: string | null;
    expires_at: number | null;
    job: string;
    tries: number;
    makes: MediaKind | null;
  }>(
    `select o.submission, o.idx, o.remote, o.url, o.expires_at, m.job, o.tries,
       (select makes from shot where submission = o.submission limit 1) as makes
     from output o join submission m on m.id = o.submission
     where o.submission in ${among} and o.state = 'ready'
       and (o.next_try_at <= ?2 or o.timed_at > ?2)
     order by o.expires_at is null, o.expires_at, m.ended_at, o.submission, o.idx limit ?3`,
    ids,
    now,
    options.downloads ?? options.limit,
  );
  for (const row of rows)
    database.run(
      'update output set next_try_at = ?, timed_at = ? where submission = ? and idx = ?',
      now + Math.round(options.leaseMs),
      now,
      row.submission,
      row.idx,
    );
  return rows.map((row) => ({
    submission: row.submission,
    index: row.idx,
    remote: JSON.parse(row.remote) as Json,
    url: row.url,
    expiresAt: row.expires_at,
    job: JSON.parse(row.job) as JsonObject,
    tries: row.tries,
    makes: row.makes,
  }));
}

/**
 * Whether a file of the batch has waited for half the life of its link without a try. After a try
 * the delay is on the side of the vendor.
 */
function filesAreLate(database: Database, { batch, account }: Range, now: number): boolean {
  return (
    database.get(
      `select 1 from output o indexed by output_ready
         cross join submission m on m.id = o.submission
       where o.state = 'ready' and o.tries = 0 and o.expires_at > ?3
         and +m.batch = ?1 and +m.account = ?2 and ?3 - m.ended_at >= o.expires_at - ?3`,
      batch,
      account,
      now,
    ) !== undefined
  );
}

function dueAmbiguous(database: Database, ids: string, options: DueOptions, now: number) {
  const rows = database.all<AmbiguousRecord>(
    `select ${ambiguousColumns}
     from submission where id in ${among} and state = 'ambiguous'
       and request is not null and ${settleAt('?5', '?2')} <= ?3
     order by deadline_at limit ?4`,
    ids,
    options.settleMs,
    now,
    options.limit,
    options.overMs ?? options.settleMs,
  );
  return rows.map(ambiguousOf);
}
