import type { ShotRequest } from '../../batch/request.ts';
import type { Database } from './database.ts';

/** Twice what the vendor's clock may be off for a job to be told by its time alone. */
export const rivalMarginMs = 10_000;

/**
 * Rivals are requests of about the same time whose own fate is not proven by a job: unclear, parked, sent
 * again unproven, or called absent after their deadline. Whatever job turns up may be theirs.
 */
export function rivals(database: Database, submission: string): readonly (ShotRequest | null)[] {
  const rows = database.all<{ request: string | null }>(
    `select r.request from submission m join submission r on r.account = m.account and r.id <> m.id
     where m.id = ?1 and r.claimed_at <= m.deadline_at + ?2 and r.deadline_at + ?2 >= m.claimed_at
       and (r.state in ('ambiguous', 'parked')
         or r.state = 'failed' and r.resolution = 'resubmit' and r.job_id is null
         or r.state = 'rejected' and r.ended_at >= r.deadline_at)`,
    submission,
    rivalMarginMs,
  );
  return rows.map(({ request }) =>
    request === null ? null : (JSON.parse(request) as ShotRequest),
  );
}
