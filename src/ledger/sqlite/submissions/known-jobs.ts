import type { ShotRequest } from '../../../batch/request.ts';
import type { JsonObject } from '../../../json.ts';
import type { KnownJob } from '../../port.ts';
import type { Database } from '../database.ts';

interface KnownJobRecord {
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
  request: string;
  same_model: number;
}

/** Of an account that makes thousands in an hour, the nearest tell as much as all. */
const lookedAtMost = 500;
/** In the order of an index, so that the nearest are read and no others. */
interface Side {
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
}

const alikeEachSide = 10;
const othersEachSide = 2;
const withinMs = 3_600_000;
/** Before and after a gap there may have been nothing for long. */
const besideGapMs = 24 * 3_600_000;

const sidesOf = (start: number, end: number, reachMs: number): readonly [Side, Side] => [
  { from: start - reachMs, to: start, order: 'desc' },
  { from: end + 1, to: end + reachMs, order: 'asc' },
];

/**
 * Jobs whose ids are on record, nearest in time to the submission before and after it, those that have
 * ended first: of its own model, and a few of others.
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
