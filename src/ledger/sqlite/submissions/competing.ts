import type { ShotRequest } from '../../../batch/request.ts';
import type { CompetingSubmission } from '../../port.ts';
import type { Database } from '../database.ts';

interface CompetingRecord {
  request: string | null;
  claimed_at: number;
  deadline_at: number;
  state: string;
}

/** No POST is waited for so long: what was claimed longer before had ended. */
const postMostMs = 3_600_000;

/**
 * Competing submissions are requests of one kind and about the same time whose own fate is not proven by a job: on their
 * way, ambiguous, parked, sent again unproven, or called absent, and whatever was sent in a gap. Whatever job
 * turns up may be theirs.
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
         or r.state = 'rejected' and (r.over_at is not null or r.ended_at >= r.deadline_at))`,
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

/** Closed gaps too: what a person has decided of them is decided of what the ledger asked about. */
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
