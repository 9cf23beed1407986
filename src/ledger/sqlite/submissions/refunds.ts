import type { JsonObject } from '../../../json.ts';
import type { DueRefund, SubmissionLedger } from '../../port.ts';
import { refundDelayMs, refundPatienceMs } from '../../rules/refunds.ts';
import type { Database } from '../database.ts';
import { moveMoney, payerOf } from '../money.ts';
import { orderedFiles, type SubmissionRecord } from '../rows.ts';

/** Records a refund that the vendor promised for a failed job. */
export function oweRefund(database: Database, id: string, now: number): void {
  database.run(
    `update submission set refund = 'owed', refund_at = ?, refund_until = ?, refund_checks = 0
     where id = ? and spent > 0`,
    now + refundDelayMs(0),
    now + refundPatienceMs,
    id,
  );
}

export function dueRefunds(
  database: Database,
  account: string,
  options: Parameters<SubmissionLedger['dueRefunds']>[1],
  now: number,
): readonly DueRefund[] {
  const furthest = now + refundDelayMs(Infinity);
  const rows = database.all<{ id: string; job: string; ordered: number }>(
    `select id, job, ${orderedFiles} as ordered from submission
     where account = ?1 and refund = 'owed' and job is not null
       and (refund_at <= ?2 or refund_at > ?3)
     order by refund_at limit ?4`,
    account,
    options.early ? furthest : now,
    // No check is scheduled further ahead, unless the clock was set back.
    furthest,
    options.limit,
  );
  for (const { id } of rows)
    database.run(
      'update submission set refund_at = ? where id = ?',
      now + Math.round(options.leaseMs),
      id,
    );
  return rows.map(({ id, job, ordered }) => ({
    submission: id,
    job: JSON.parse(job) as JsonObject,
    ordered,
  }));
}

/**
 * Records the report of the vendor on a promised refund. `back`: every sum that counted the money
 * as spent releases it. `notYet`: checked again later, for seven days.
 */
export function settleRefund(
  database: Database,
  id: string,
  reported: 'back' | 'kept' | 'notYet',
  now: number,
): boolean {
  const record = database.get<SubmissionRecord & { refund_until: number; refund_checks: number }>(
    `select * from submission where id = ? and refund = 'owed'`,
    id,
  );
  if (!record) return false;
  const checks = record.refund_checks + 1;
  const patient = now < record.refund_until;
  const refund = reported === 'notYet' ? (patient ? 'owed' : 'kept') : reported;
  database.run(
    `update submission set refund = ?, refund_checks = ?, refund_at = iif(?, ?, null),
       spent = iif(?, 0, spent) where id = ?`,
    refund,
    checks,
    refund === 'owed' ? 1 : 0,
    now + refundDelayMs(checks),
    refund === 'back' ? 1 : 0,
    id,
  );
  if (refund === 'back')
    moveMoney(database, payerOf(record), { reserved: 0, spent: -record.spent });
  return true;
}
