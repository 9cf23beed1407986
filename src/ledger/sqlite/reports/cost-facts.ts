import type { Amount } from '../../../money.ts';
import type { AccountUse, BalanceRow, SubmissionLedger } from '../../port.ts';
import { learnBill } from '../bills.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';

/**
 * The vendors' own numbers. They move no spent money: the receipt compares them with the ledger's
 * sums. A listed cost above its price raises the price of later requests of the kind.
 */

export function noteListed(
  database: Database,
  account: string,
  jobs: Parameters<SubmissionLedger['noteListed']>[1],
  now: number,
): void {
  for (const { jobId, billed } of jobs) {
    const [noted] = database.all<SubmissionRecord>(
      'update submission set listed = ? where account = ? and job_id = ? returning *',
      billed,
      account,
      jobId,
    );
    if (noted?.billed === null) learnBill(database, noted, billed, now);
  }
}

export function noteBalance(
  database: Database,
  batch: string,
  { run, account, moment, amount }: Omit<BalanceRow, 'at'>,
  now: number,
): void {
  database.run(
    `insert or ignore into balance (batch, run, account, moment, amount, at)
     values (?, ?, ?, ?, ?, ?)`,
    batch,
    run,
    account,
    moment,
    amount,
    now,
  );
}

export function balances(database: Database, batch: string): readonly BalanceRow[] {
  return database
    .all<BalanceRow>(
      `select account, run, moment, amount, at from balance where batch = ?
       order by run, account, at`,
      batch,
    )
    .map((row) => ({ ...row }));
}

export function accountUse(
  database: Database,
  account: string,
  from: number,
  to: number,
): readonly AccountUse[] {
  return database
    .all<{ batch: string; run: number; amount: Amount }>(
      `select batch, run, sum(spent + reserved) as amount from submission
       where account = ? and claimed_at >= ? and claimed_at <= ?
       group by batch, run having amount > 0 order by batch, run`,
      account,
      from,
      to,
    )
    .map((row) => ({ ...row }));
}
