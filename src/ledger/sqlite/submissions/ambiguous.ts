import type { ShotRequest } from '../../../batch/request.ts';
import type { BatchPolicy, Due } from '../../port.ts';
import { readBatch } from '../batches.ts';
import type { Database } from '../database.ts';
import { openElsewhere, parkShots, retryShots } from '../shot-state.ts';
import { advance, release } from '../submission-state.ts';

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
  return rows.map(ambiguousOf);
}

export function ambiguousOf(row: AmbiguousRecord): Due['ambiguous'][number] {
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

/** After an end that the sender saw, nothing of the request is on its way any more. */
export function markAmbiguous(
  database: Database,
  id: string,
  { why, mayStillRun = false }: { readonly why: string; readonly mayStillRun?: boolean },
  now: number,
): boolean {
  const moved = advance(database, 'ambiguous', id, why, now);
  if (moved && !mayStillRun)
    database.run('update submission set over_at = ? where id = ?', now, id);
  return moved !== undefined;
}

/**
 * A resubmit needs a paid try left in the shot that paid. The money of the ambiguous submission
 * then counts as spent, since a charge cannot be excluded.
 */
export function park(database: Database, id: string, why: string, now: number): boolean {
  if (mayResubmit(database, id)) {
    const moved = advance(database, 'resubmit', id, why, now);
    if (!moved) return false;
    release(database, moved, moved.reserved);
    database.run(`update submission set resolution = 'resubmit' where id = ?`, id);
    openElsewhere(database, id, moved.batch);
    retryShots(database, id, 'paid', why);
    return true;
  }
  const moved = advance(database, 'park', id, why, now);
  if (moved) parkShots(database, id, why);
  return moved !== undefined;
}

function mayResubmit(database: Database, id: string): boolean {
  const payer = database.get<{ batch: string; paid: number }>(
    `select s.batch, s.paid_tries as paid from submission m
     join shot s on s.batch = m.batch and s.key = m.key and s.submission = m.id where m.id = ?`,
    id,
  );
  const policy: BatchPolicy | undefined = payer && readBatch(database, payer.batch)?.policy;
  if (!payer || !policy) return false;
  return policy.onAmbiguous === 'resubmit' && payer.paid < policy.paidRetries;
}
