import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../json.ts';
import { exclusiveStates } from '../../rules/transitions.ts';
import { learnBill, reserveAgain } from '../bills.ts';
import { placeHolder } from '../claims/claim.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';
import { attachWaiting, parkShots, rebindShots, unparkShots } from '../shot-state.ts';
import { advance, jobIsTaken } from '../submission-state.ts';
import type { Amount } from '../../../money.ts';

export interface StartedJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly nextPollInMs: number;
  readonly giveUpInMs: number;
  readonly billed?: Amount | null;
}

const jobFrom = { submitted: 'answer', adopt: 'list', takeUp: 'person' } as const;

/**
 * Records the job of a submission; from now on it is polled. False also when another submission has
 * the job.
 */
export function startJob(
  database: Database,
  event: 'submitted' | 'adopt' | 'takeUp',
  id: string,
  started: StartedJob,
  now: number,
): boolean {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!before) return false;
  // A job on record for this request stays its job; a different id is refused.
  const isOther = before.job_id !== null && before.job_id !== started.jobId;
  if (isOther || jobIsTaken(database, before.account, started.jobId, id)) {
    if (event === 'submitted') leaveToPerson(database, id, started.jobId, now);
    return false;
  }
  if (!advance(database, event, id, null, now)) return false;
  database.run(
    `update submission set job = ?, job_id = ?, job_from = ?, submitted_at = ?, next_poll_at = ?,
       give_up_at = ?, timed_at = ?
     where id = ?`,
    JSON.stringify(started.job),
    started.jobId,
    jobFrom[event],
    now,
    now + Math.round(started.nextPollInMs),
    now + Math.round(started.giveUpInMs),
    now,
    id,
  );
  unparkShots(database, id);
  if (started.billed != null) learnBill(database, before, started.billed, now);
  return true;
}

/** The vendor answered two requests with one job: it made one for both, or one answer was wrong. */
function leaveToPerson(database: Database, id: string, jobId: string, now: number): void {
  const why = `the vendor answered with job ${jobId}, which another request has`;
  if (!advance(database, 'ambiguous', id, why, now)) return;
  database.run('update submission set over_at = ? where id = ?', now, id);
  advance(database, 'park', id, why, now);
  parkShots(database, id, why);
}

/** Default time limit of a late job: the longest that any job takes. */
const giveUpAfterMs = 2 * 60 * 60_000;

interface LateJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly giveUpInMs?: number;
  readonly from?: 'answer' | 'person';
  readonly billed?: Amount | null;
}

/**
 * A job id came after its submission was settled without one, or with another. The vendor's own
 * answer to the request counts over any conclusion of the ledger. The job is collected like any
 * other. When another submission has its place, it becomes a standby job, for the receipt and in
 * case the other fails.
 */
export function lateJob(
  database: Database,
  id: string,
  { job, jobId, giveUpInMs = giveUpAfterMs, from = 'answer', billed }: LateJob,
  now: number,
): boolean {
  let before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!before) return false;
  // A stalled submission that a person gave up has had its id all along.
  const isGivenUp = before.state === 'rejected' && before.job_id === jobId;
  if (before.job_id === jobId && !isGivenUp) return true;
  if (jobIsTaken(database, before.account, jobId, id)) return false;
  const displaced = before.job_id !== null && !isGivenUp;
  // Only the vendor's answer displaces a job. A job that such an answer named is not displaced.
  if (displaced && (from === 'person' || before.job_from === 'answer')) return false;
  if (displaced) before = displaceJob(database, before);
  const live = (exclusiveStates as readonly string[]).includes(before.state);
  const standby = live
    ? before.standby === 1
    : placeHolder(database, before.account, before.fp) !== undefined;
  database.run(
    `update submission set job = ?, job_id = ?, job_from = ?, duplicate = ?, standby = ?,
       submitted_at = ?, next_poll_at = ?, give_up_at = ?, timed_at = ?
     where id = ?`,
    JSON.stringify(job),
    jobId,
    isGivenUp && from === 'person' ? before.job_from : from,
    live ? before.duplicate : 1,
    standby ? 1 : 0,
    now,
    now,
    now + giveUpInMs,
    now,
    id,
  );
  // After `standby` is written, or two submissions would be active for one fingerprint.
  advance(database, 'lateAnswer', id, null, now);
  if (displaced || !live) reserveAgain(database, before);
  if (billed != null) learnBill(database, before, billed, now);
  if (displaced) rebindShots(database, id);
  unparkShots(database, id);
  if (!live && !standby) attachWaiting(database, before);
  return true;
}

/**
 * Moves a job that a match or a person assigned to the submission to a row of its own, with its
 * files and money. The job exists, but its request is unknown.
 */
function displaceJob(database: Database, before: SubmissionRecord): SubmissionRecord {
  const beside = randomUUID();
  database.run('update submission set job = null, job_id = null where id = ?', before.id);
  database.run(
    `insert into submission (id, op, account, fp, batch, run, key, attempt, state, price, unit, basis,
       reserved, spent, billed, request, model, job, job_id, job_from, claimed_at, send_by, deadline_at, over_at,
       submitted_at, ended_at, next_poll_at, polls, give_up_at, why, duplicate, worker, refund, refund_at,
       refund_until, refund_checks, listed, standby, timed_at, undelivered, gap)
     select ?, op, account, fp, batch, run, key, attempt, state, price, unit, basis,
       reserved, spent, billed, request, model, ?, ?, job_from, claimed_at, send_by, deadline_at, over_at,
       submitted_at, ended_at, next_poll_at, polls, give_up_at, why, 1, worker, refund, refund_at,
       refund_until, refund_checks, listed, 1, timed_at, undelivered, gap
     from submission where id = ?`,
    beside,
    before.job,
    before.job_id,
    before.id,
  );
  database.run('update output set submission = ? where submission = ?', beside, before.id);
  const nothing = { reserved: 0, spent: 0, billed: null, refund: null, listed: null };
  database.run(
    `update submission set reserved = 0, spent = 0, billed = null, refund = null, listed = null
     where id = ?`,
    before.id,
  );
  return { ...before, ...nothing };
}
