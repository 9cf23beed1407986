import type { JsonObject } from '../../json.ts';
import { exclusiveStates } from '../rules/transitions.ts';
import { jobIsTaken, payerOf } from './advance.ts';
import { attachShot, unparkShots } from './bound-shots.ts';
import type { Database } from './database.ts';
import { moveMoney } from './money.ts';
import type { SubmissionRecord } from './rows.ts';

/** How long a job is followed whose own time limit nobody gave: the longest that any job takes. */
const giveUpAfterMs = 2 * 60 * 60_000;

/**
 * A job id came after its submission was settled without one: the money is spent whatever the ledger
 * had concluded. It is collected like any other job, unless another submission has taken its place; then
 * the id is kept for the receipt.
 */
export function lateJob(
  database: Database,
  id: string,
  job: JsonObject,
  jobId: string,
  now: number,
): boolean {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!before) return false;
  if (before.job_id !== null) return before.job_id === jobId;
  if (jobIsTaken(database, before.account, jobId, id)) return false;
  const live = (exclusiveStates as readonly string[]).includes(before.state);
  database.run(
    'update submission set job = ?, job_id = ?, surplus = ? where id = ?',
    JSON.stringify(job),
    jobId,
    live ? 0 : 1,
    id,
  );
  if (!live && placeIsTaken(database, before)) return true;
  database.run(
    `update submission set state = 'submitted', submitted_at = ?, ended_at = null, why = null,
       next_poll_at = ?, give_up_at = ? where id = ?`,
    now,
    now,
    now + giveUpAfterMs,
    id,
  );
  if (live) unparkShots(database, id);
  else revive(database, before);
  return true;
}

function placeIsTaken(database: Database, before: SubmissionRecord): boolean {
  return (
    database.get(
      `select 1 from submission where account = ? and fp = ? and id <> ?
       and state in ('claimed', 'submitted', 'ambiguous', 'parked', 'stalled', 'succeeded')`,
      before.account,
      before.fp,
      before.id,
    ) !== undefined
  );
}

/** Takes back the conclusion: what was released or spent is reserved again, who waits for it is bound. */
function revive(database: Database, before: SubmissionRecord): void {
  const reserved = before.price ?? 0;
  database.run(
    'update submission set reserved = ?, spent = 0, refund = null where id = ?',
    reserved,
    before.id,
  );
  moveMoney(database, payerOf(before), { reserved, spent: -before.spent });
  const waiting = database.all<{ id: number }>(
    `select id from shot where account = ? and fp = ? and state in ('open', 'failed')`,
    before.account,
    before.fp,
  );
  for (const { id } of before.op === 'generate' ? waiting : []) attachShot(database, id, before.id);
}
