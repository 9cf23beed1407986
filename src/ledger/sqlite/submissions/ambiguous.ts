import type { ShotRequest } from '../../../batch/request.ts';
import type { Due } from '../../port.ts';
import type { Database } from '../database.ts';

export interface AmbiguousRecord {
  id: string;
  request: string;
  claimed_at: number;
  send_by: number;
  deadline_at: number;
  over_at: number | null;
  gap: number | null;
  why: string;
}
export const ambiguousColumns = 'id, request, claimed_at, send_by, deadline_at, over_at, gap, why';

/** See SubmissionLedger.parkedWithoutJob. */
export function parkedWithoutJob(
  database: Database,
  batch: string,
  account: string,
): Due['ambiguous'] {
  const rows = database.all<AmbiguousRecord>(
    `select ${ambiguousColumns} from submission m
     where account = ?2 and state = 'parked' and op = 'generate' and job_id is null and gap is null
       and request is not null
       and exists (select 1 from shot where submission = m.id and +batch = ?1 and state = 'parked')`,
    batch,
    account,
  );
  return rows.map(ambiguous);
}

export function ambiguous(row: AmbiguousRecord): Due['ambiguous'][number] {
  return {
    submission: row.id,
    request: JSON.parse(row.request) as ShotRequest,
    claimedAt: row.claimed_at,
    sendBy: row.send_by,
    deadlineAt: row.deadline_at,
    overAt: row.over_at,
    gap: row.gap,
    why: row.why,
  };
}
