import type { JsonObject } from '../../../json.ts';
import { exclusiveStates } from '../../rules/transitions.ts';
import { jobIsTaken, payerOf } from './advance.ts';
import { attachWaiting, unparkShots } from './bound-shots.ts';
import type { Database } from '../database.ts';
import { moveMoney } from '../money.ts';
import { placeHolder } from '../claims/places.ts';
import type { SubmissionRecord } from '../rows.ts';

/** How long a job is followed whose own time limit nobody gave: the longest that any job takes. */
const giveUpAfterMs = 2 * 60 * 60_000;

/**
 * A job id came after its submission was settled without one: the money is spent whatever the ledger
 * had concluded. It is collected like any other job; where another submission has taken its place, beside
 * that one, for the receipt and in case the other fails.
 */
export function lateJob(
  database: Database,
  id: string,
  {
    job,
    jobId,
    giveUpInMs = giveUpAfterMs,
  }: { readonly job: JsonObject; readonly jobId: string; readonly giveUpInMs?: number },
  now: number,
): boolean {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!before) return false;
  // A stalled one that a person gave up has had its id all along.
  const isGivenUp = before.state === 'rejected' && before.job_id === jobId;
  if (before.job_id !== null && !isGivenUp) return before.job_id === jobId;
  if (jobIsTaken(database, before.account, jobId, id)) return false;
  const live = (exclusiveStates as readonly string[]).includes(before.state);
  const spare = !live && placeHolder(database, before.account, before.fp) !== undefined;
  database.run(
    `update submission set job = ?, job_id = ?, surplus = ?, spare = ?, state = 'submitted',
       submitted_at = ?, ended_at = null, why = null, next_poll_at = ?, give_up_at = ?,
       timed_at = ?
     where id = ?`,
    JSON.stringify(job),
    jobId,
    live ? 0 : 1,
    spare ? 1 : 0,
    now,
    now,
    now + giveUpInMs,
    now,
    id,
  );
  if (live) {
    unparkShots(database, id);
    return true;
  }
  reserveAgain(database, before);
  if (!spare) attachWaiting(database, before);
  return true;
}

/** Takes back the conclusion: what was released or spent is reserved again. */
function reserveAgain(database: Database, before: SubmissionRecord): void {
  const reserved = before.price ?? 0;
  database.run(
    'update submission set reserved = ?, spent = 0, refund = null where id = ?',
    reserved,
    before.id,
  );
  moveMoney(database, payerOf(before), { reserved, spent: -before.spent });
}
