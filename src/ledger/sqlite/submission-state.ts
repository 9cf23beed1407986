import type { JsonObject } from '../../json.ts';
import type { Amount } from '../../money.ts';
import { transitions, type TransitionName } from '../rules/transitions.ts';
import type { Database } from './database.ts';
import { learnBill } from './bills.ts';
import { moveMoney, payerOf } from './money.ts';
import type { SubmissionRecord } from './rows.ts';

/*
 * The only writer of the state of a submission, besides a claim, which inserts it by the same
 * table.
 */

/**
 * Moves a submission along the table of transitions. Returns its row before the change. Undefined:
 * it was in another state, or has another job than `job`; then nothing has changed.
 */
export function advance(
  database: Database,
  event: TransitionName,
  id: string,
  why: string | null,
  now: number,
  job?: JsonObject,
): SubmissionRecord | undefined {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  const { from, to } = transitions[event];
  if (!before || !(from as readonly string[]).includes(before.state)) return undefined;
  if (job && before.job !== JSON.stringify(job)) return undefined;
  database.run(
    `update submission set state = ?1, why = ?2, ended_at = case
       when ?1 in ('succeeded', 'failed', 'rejected') then coalesce(ended_at, ?3)
       when ?1 = 'submitted' then null else ended_at end
     where id = ?4`,
    to,
    why,
    now,
    id,
  );
  return before;
}

/** Moves claims of the account with no answer on record by their deadline to ambiguous. */
export function expireClaims(database: Database, account: string, now: number): void {
  const { from, to } = transitions.expired;
  database.run(
    `update submission set state = '${to}', why = 'no answer was recorded in time'
     where account = ? and state = '${from[0]}' and deadline_at <= ?`,
    account,
    now,
  );
}

/**
 * Ends a reservation: `spent` of it counts as spent, the rest is released. A bill above the price
 * is saved for requests of the same kind.
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
