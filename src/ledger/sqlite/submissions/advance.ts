import type { Amount } from '../../../money.ts';
import { transitions, type TransitionName } from '../../rules/transitions.ts';
import type { Database } from '../database.ts';
import { putHold } from '../holds.ts';
import { moveMoney } from '../money.ts';
import type { SubmissionRecord } from '../rows.ts';

/**
 * Moves a submission along the table of transitions. Answers it as it was before, or undefined when it
 * was in another state: then nothing has changed.
 */
export function advance(
  database: Database,
  event: TransitionName,
  id: string,
  why: string | null,
  now: number,
): SubmissionRecord | undefined {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  const { from, to } = transitions[event];
  if (!before || !(from as readonly string[]).includes(before.state)) return undefined;
  const over = to === 'succeeded' || to === 'failed' || to === 'rejected';
  database.run(
    'update submission set state = ?, why = ?, ended_at = iif(?, coalesce(ended_at, ?), ended_at) where id = ?',
    to,
    why,
    over ? 1 : 0,
    now,
    id,
  );
  return before;
}

/**
 * Ends a reservation: `spent` of it was spent, the rest is free again. What was spent beyond a known
 * reservation holds the account, since its prices can no longer be trusted.
 */
export function release(
  database: Database,
  before: SubmissionRecord,
  spent: Amount,
  billed: Amount | null = null,
): void {
  database.run(
    'update submission set reserved = 0, spent = ?, billed = ? where id = ?',
    spent,
    billed,
    before.id,
  );
  moveMoney(database, payerOf(before), { reserved: -before.reserved, spent });
  if (before.price !== null && spent > before.reserved)
    putHold(database, before.account, null, 'overBilled', null, 0);
}

export function payerOf(record: SubmissionRecord) {
  const { account, unit, batch, run } = record;
  return { account, unit, batch, run, claimedAt: record.claimed_at };
}

export function jobIsTaken(
  database: Database,
  account: string,
  jobId: string,
  by: string,
): boolean {
  return (
    database.get(
      'select 1 from submission where account = ? and job_id = ? and id <> ?',
      account,
      jobId,
      by,
    ) !== undefined
  );
}
