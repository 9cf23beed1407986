import type { JsonObject } from '../../../json.ts';
import type { SubmissionLedger } from '../../port.ts';
import { costOfFailure } from '../../rules/transitions.ts';
import { placeHolder } from '../claims/claim.ts';
import { advance, release } from '../submission-state.ts';
import {
  attachWaiting,
  leaveLanes,
  leaveLanesOfEnded,
  parkShots,
  retryShots,
  unparkShots,
} from '../shot-state.ts';
import type { Database } from '../database.ts';
import { oweRefund } from './refunds.ts';
import { reserveAgain } from '../bills.ts';
import { orderedFiles, type SubmissionRecord } from '../rows.ts';

/** A generation without files is a failure, and the vendor keeps the money. A training never has files. */
export function succeeded(
  database: Database,
  id: string,
  result: Parameters<SubmissionLedger['succeeded']>[1],
  now: number,
): boolean {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  const operation = before?.op;
  if (before?.state === 'failed') {
    const hasFiles = before.job_id !== null && result.outputs.length > 0;
    if (operation !== 'generate' || !hasFiles) return false;
    takeBackFailure(database, before);
  }
  if (operation === 'generate' && result.outputs.length === 0) {
    const why = withoutFiles(result.unreadable ?? 0);
    const moved = advance(database, 'failed', id, why, now, result.job);
    if (!moved) return false;
    unparkShots(database, id);
    const { billed } = result;
    const { spent, cause } = costOfFailure(moved.reserved, { refunded: false, billed });
    release(database, moved, spent, { billed, now });
    retryShots(database, id, cause, why);
    return true;
  }
  const moved = advance(database, 'succeeded', id, null, now, result.job);
  if (!moved) return false;
  unparkShots(database, id);
  if (moved.state === 'stalled') leaveLanes(database, id);
  const { billed } = result;
  release(database, moved, billed ?? moved.reserved, { billed, now });
  if (operation === 'generate')
    database.run(
      `update submission set undelivered = max(0, ${orderedFiles} - ?) where id = ?`,
      result.outputs.length,
      id,
    );
  for (const [index, output] of result.outputs.entries())
    database.run(
      `insert into output (submission, idx, state, remote, url, expires_at, next_try_at,
         timed_at) values (?, ?, 'ready', ?, ?, ?, ?, ?)`,
      id,
      index,
      JSON.stringify(output.remote),
      output.url,
      output.expiresAt,
      now,
      now,
    );
  if (moved.state === 'failed' && moved.standby === 0) attachWaiting(database, moved);
  return true;
}

/**
 * The vendor first reported a failure, and now a success: the money counts again and the files are
 * fetched. When the request was sent again meanwhile, this job becomes a standby job.
 */
function takeBackFailure(database: Database, before: SubmissionRecord): void {
  const { id, account, fp } = before;
  const isTaken = placeHolder(database, account, fp) !== undefined;
  database.run('update submission set standby = ? where id = ?', isTaken ? 1 : 0, id);
  reserveAgain(database, before);
  // The lane of an ended shot may be over.
  if (!isTaken) leaveLanesOfEnded(database, account, fp);
}

function withoutFiles(unreadable: number): string {
  if (unreadable === 0) return 'the job ended without files';
  const entries = unreadable === 1 ? 'the one entry' : `none of the ${unreadable} entries`;
  const names = unreadable === 1 ? 'names no file' : 'names a file';
  return `the job ended, and ${entries} in its list of files ${names} that can be fetched`;
}

export function failed(
  database: Database,
  id: string,
  result: Parameters<SubmissionLedger['failed']>[1],
  now: number,
): boolean {
  const moved = advance(database, 'failed', id, result.reason, now, result.job);
  if (!moved) return false;
  unparkShots(database, id);
  const { spent, cause } = costOfFailure(moved.reserved, result);
  release(database, moved, spent, { billed: result.billed, now });
  if (result.refunded === 'promised') oweRefund(database, id, now);
  retryShots(database, id, cause, result.reason);
  return true;
}

/** The job does not end within its time limit: a person decides, and late results are still collected. */
export function stalled(
  database: Database,
  id: string,
  { why, job }: { readonly why: string; readonly job: JsonObject | undefined },
  now: number,
): boolean {
  const moved = advance(database, 'stalled', id, why, now, job);
  if (moved) parkShots(database, id, why);
  return moved !== undefined;
}
