import type { Amount } from '../../../money.ts';
import { transitions, type TransitionName } from '../../rules/transitions.ts';
import type { Database } from '../database.ts';
import { learnBill } from '../bills.ts';
import { moveMoney, payerOf } from '../money.ts';
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
 * Ends a reservation: `spent` of it was spent, the rest is free again. A bill above the price is remembered
 * for requests of the same kind.
 */
export function release(
  database: Database,
  before: SubmissionRecord,
  spent: Amount,
  bill?: { readonly billed: Amount | null; readonly now: number },
): void {
  database.run(
    'update submission set reserved = 0, spent = ?, billed = ? where id = ?',
    spent,
    bill?.billed ?? null,
    before.id,
  );
  moveMoney(database, payerOf(before), { reserved: -before.reserved, spent });
  if (bill && bill.billed !== null) learnBill(database, before, bill.billed, bill.now);
}

/** Whether it still has the job that somebody asked after; null: nobody knows which that was. */
export function hasJob(database: Database, id: string, jobId: string | null = null): boolean {
  const has = 'select 1 from submission where id = ? and job_id = ?';
  return jobId === null || database.get(has, id, jobId) !== undefined;
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
