import type { ShotRequest } from '../../../batch/request.ts';
import type { JsonObject } from '../../../json.ts';
import type { CompetingSubmission, KnownJob } from '../../port.ts';
import type { Database } from '../database.ts';
import { states } from '../states.ts';
import { isAbsent } from './refused.ts';

interface CompetingRecord {
  request: string | null;
  claimed_at: number;
  deadline_at: number;
  state: string;
}

/** Longer than any POST: an older claim has ended. */
const postMostMs = 3_600_000;

/**
 * Competing submissions are requests of one kind, at about the same time, without a proven job of
 * their own. They are on their way, ambiguous, parked, sent again unproven, or called absent. A
 * request that its sender reports as refused or not sent is none, however late the report. A gap
 * counts as one. A job that turns up may be theirs.
 */
export function competing(
  database: Database,
  submission: string,
  marginMs: number,
): readonly CompetingSubmission[] {
  const rows = database.all<CompetingRecord>(
    `select r.request, r.claimed_at, r.deadline_at, r.state
     from submission m join submission r on r.account = m.account and r.op = m.op
       and r.id <> m.id
     where m.id = ?1 and r.deadline_at >= m.claimed_at - ?2
       and r.claimed_at between m.claimed_at - ?2 - ${postMostMs} and m.deadline_at + ?2
       and (r.state in ('claimed', 'ambiguous', 'parked')
         or r.state = 'failed' and r.resolution = 'resubmit' and r.job_id is null
         or r.state = 'rejected' and (r.resolution is not null or r.why = '${isAbsent}'))`,
    submission,
    Math.round(marginMs),
  );
  const known = rows.map(({ request, claimed_at, deadline_at, state }) => ({
    request: request === null ? null : (JSON.parse(request) as ShotRequest),
    claimedAt: claimed_at,
    deadlineAt: deadline_at,
    onItsWay: state === 'claimed',
    inGap: false,
  }));
  return [...known, ...unknown(database, submission, marginMs)];
}

/** Closed gaps too: the decision of a person covers only the requests that the ledger asked about. */
function unknown(
  database: Database,
  submission: string,
  marginMs: number,
): readonly CompetingSubmission[] {
  return database
    .all<{ from_at: number; to_at: number }>(
      `select gap.from_at, gap.to_at from submission m
       join gap on gap.to_at >= m.claimed_at - ?2 and gap.from_at <= m.deadline_at + ?2
       where m.id = ?1`,
      submission,
      Math.round(marginMs),
    )
    .map(({ from_at: claimedAt, to_at: deadlineAt }) => ({
      ...{ request: null, claimedAt, deadlineAt, onItsWay: false, inGap: true },
    }));
}

interface KnownJobRecord {
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
  request: string;
  same_model: number;
}

/** At an account with thousands of jobs in an hour, the nearest ones are evidence enough. */
const lookedAtMost = 500;
/** Read in the order of an index, so that only the nearest rows are read. */
interface Side {
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
}

const alikeEachSide = 10;
const othersEachSide = 2;
const withinMs = 3_600_000;
/** The account may have been idle for long before and after a gap. */
const besideGapMs = 24 * 3_600_000;

const sidesOf = (start: number, end: number, reachMs: number): readonly [Side, Side] => [
  { from: start - reachMs, to: start, order: 'desc' },
  { from: end + 1, to: end + reachMs, order: 'asc' },
];

/**
 * Jobs with ids on record, nearest in time to the submission, before and after it, ended ones
 * first. Most are of its own model, a few of other models.
 */
export function knownJobs(database: Database, submission: string): readonly KnownJob[] {
  const about = database.get<{
    account: string;
    claimed_at: number;
    deadline_at: number;
    gap: number | null;
  }>('select account, claimed_at, deadline_at, gap from submission where id = ?', submission);
  if (!about) return [];
  const [before, after] =
    about.gap === null
      ? sidesOf(about.deadline_at, about.deadline_at, withinMs)
      : sidesOf(about.claimed_at, about.deadline_at, besideGapMs);
  const nearest = (
    state: 'submitted' | 'succeeded',
    { from, to, order }: Side,
    model: { is: '=' | '<>'; limit: number },
  ): KnownJobRecord[] =>
    database.all<KnownJobRecord>(
      `select r.job, r.job_id, r.claimed_at, r.submitted_at, r.request, r.model = m.model as same_model
       from submission m join (
         select * from submission where account = ?2 and state = '${state}'
           and deadline_at between ?3 and ?4
         order by deadline_at ${order} limit ${lookedAtMost}) r
       where m.id = ?1 and r.model ${model.is} m.model and r.op = m.op and r.job_id is not null
         and r.request is not null
       order by r.deadline_at ${order} limit ${model.limit}`,
      submission,
      about.account,
      from,
      to,
    );
  const rows = (['succeeded', 'submitted'] as const).flatMap((state) =>
    [before, after].flatMap((side) => [
      ...nearest(state, side, { is: '=', limit: alikeEachSide }),
      ...nearest(state, side, { is: '<>', limit: othersEachSide }),
    ]),
  );
  return rows.map((row) => ({
    job: JSON.parse(row.job) as JsonObject,
    jobId: row.job_id,
    claimedAt: row.claimed_at,
    submittedAt: row.submitted_at,
    request: JSON.parse(row.request) as ShotRequest,
    sameModel: row.same_model === 1,
  }));
}

/** See SubmissionLedger.hasLater. */
export function hasLater(database: Database, submission: string): boolean {
  const about = database.get<{ account: string; batch: string; claimed_at: number }>(
    'select account, batch, claimed_at from submission where id = ?',
    submission,
  );
  if (!about) return false;
  const { account, batch, claimed_at: claimedAt } = about;
  const isOpen = database.get(
    `select 1 from shot where batch = ? and account = ? and state = 'open' limit 1`,
    batch,
    account,
  );
  return (
    isOpen !== undefined ||
    database.get(
      `select 1 from submission where account = ? and state in ('claimed', 'ambiguous')
         and +claimed_at > ? and op = 'generate' limit 1`,
      account,
      claimedAt,
    ) !== undefined
  );
}

/**
 * On a row with a `request`: the same prompt, or for no prompt the same references, but a different
 * request.
 */
const isAlike = `request ->> '$.prompt' is ?2 and request <> ?3
  and (?2 is not null or request -> '$.references' = ?4)`;

/** See SubmissionLedger.hasLikeness. */
export function hasLikeness(database: Database, submission: string): boolean {
  const about = database.get<{ account: string; request: string }>(
    'select account, request from submission where id = ?',
    submission,
  );
  if (!about) return false;
  const { account, request } = about;
  const { prompt = null, references } = JSON.parse(request) as {
    prompt?: string;
    references: unknown;
  };
  const alike = [account, prompt, request, JSON.stringify(references)] as const;
  // Shots of every batch. A shot that is not open may have been sent, or sent again, in the gap.
  const wanted = database.get(
    `select 1 from shot indexed by shot_wanted
     where account = ?1 and state in ${states.waitingShots} and ${isAlike} limit 1`,
    ...alike,
  );
  if (wanted) return true;
  return (
    database.get(
      `select 1 from submission indexed by submission_state
       where account = ?1 and state in ('claimed', 'ambiguous', 'parked', 'submitted', 'stalled')
         and ${isAlike}
       limit 1`,
      ...alike,
    ) !== undefined
  );
}

export function recordedJobIds(
  database: Database,
  account: string,
  jobIds: readonly string[],
): ReadonlySet<string> {
  const rows = database.all<{ id: string }>(
    `select job_id as id from submission
     where account = ? and job_id in (select value from json_each(?))`,
    account,
    JSON.stringify(jobIds),
  );
  return new Set(rows.map(({ id }) => id));
}
