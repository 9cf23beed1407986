import { priceKey } from '../../batch/price-key.ts';
import type { ShotRequest } from '../../batch/request.ts';
import type { Amount, Price } from '../../money.ts';
import { type Bill, billToKeep } from '../rules/bills.ts';
import type { Database } from './database.ts';
import { moveMoney, payerOf } from './money.ts';
import type { SubmissionRecord } from './rows.ts';
import { states } from './states.ts';

/**
 * Saves the bill that `billToKeep` selects, for all requests of the account with the same
 * `priceKey`. The reservations of such requests under way grow at once, so that no budget admits
 * another request in their place.
 */
export function learnBill(
  database: Database,
  { account, model, request, price }: SubmissionRecord,
  billed: Amount,
  now: number,
): void {
  if (request === null || (billed === price && !hasBills(database, account))) return;
  const key = priceKey(JSON.parse(request) as ShotRequest);
  const kept = billToKeep(readBill(database, account, key), { billed, price }, now);
  if (!kept) return;
  database.run(
    'insert or replace into bill (account, key, model, amount, at) values (?, ?, ?, ?, ?)',
    account,
    key,
    model,
    kept.amount,
    kept.at,
  );
  const live = database.all<SubmissionRecord>(
    `select * from submission where account = ?
       and state in ${states.live}
       and op = 'generate' and model = ? and price is not null and reserved < ?`,
    account,
    model,
    kept.amount,
  );
  for (const other of live)
    if (priceKey(JSON.parse(other.request ?? '{}') as ShotRequest) === key)
      reserveMore(database, other, kept.amount);
}

/** The known price, or the bill of such a request where that is higher. */
export function priceByBills(
  database: Database,
  account: string,
  { price, unit, basis, request }: PricedShot,
): Price {
  const listed: Price = { amount: price, unit, basis };
  if (price === null || !hasBills(database, account)) return listed;
  const bill = readBill(database, account, priceKey(JSON.parse(request) as ShotRequest));
  return bill && bill.amount > price ? { amount: bill.amount, unit, basis: 'billed' } : listed;
}

/**
 * Takes back a settlement: released or spent money is reserved again, at the current price of such
 * requests.
 */
export function reserveAgain(database: Database, before: SubmissionRecord): void {
  const { account, request } = before;
  const price =
    request === null
      ? before.price
      : priceByBills(database, account, { ...before, request }).amount;
  const reserved = price ?? 0;
  database.run(
    'update submission set reserved = ?, spent = 0, refund = null where id = ?',
    reserved,
    before.id,
  );
  moveMoney(database, payerOf(before), { reserved, spent: -before.spent });
}

interface PricedShot extends Omit<Price, 'amount'> {
  readonly price: Amount | null;
  /** JSON of a ShotRequest. */
  readonly request: string;
}

function hasBills(database: Database, account: string): boolean {
  return database.get('select 1 from bill where account = ? limit 1', account) !== undefined;
}

function readBill(database: Database, account: string, key: string): Bill | undefined {
  return database.get<Bill>(
    'select amount, at from bill where account = ? and key = ?',
    account,
    key,
  );
}

function reserveMore(database: Database, record: SubmissionRecord, amount: Amount): void {
  database.run('update submission set reserved = ? where id = ?', amount, record.id);
  moveMoney(database, payerOf(record), { reserved: amount - record.reserved, spent: 0 });
}
