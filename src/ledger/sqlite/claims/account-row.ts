import type { Unit } from '../../../money.ts';
import type { Period } from '../../rules/budgets.ts';
import type { SlotKind, Slots } from '../../rules/slots.ts';
import type { Database } from '../database.ts';

export interface AccountRecord {
  id: string;
  unit: Unit;
  per_minute: number | null;
  in_flight: number;
  budget_amount: number | null;
  budget_period: Period | null;
  /** In microseconds, whole: what a fast rate would lose by whole milliseconds adds up. */
  tat: number;
  last_slot: SlotKind | null;
  claims_wait_until: number;
  calls_wait_until: number;
}

/** Taking the account's row first makes claims of one account follow one another. */
export function lockAccount(database: Database, account: string): AccountRecord {
  const row = database.get<AccountRecord>(
    'update account set seq = seq + 1 where id = ? returning *',
    account,
  );
  if (!row) throw new Error(`the ledger does not know the account ${account}`);
  return row;
}

export function slotsOf(account: AccountRecord): Slots {
  return {
    tat: account.tat / 1_000,
    last: account.last_slot,
    waitUntil: { claim: account.claims_wait_until, call: account.calls_wait_until },
  };
}

export function putSlots(database: Database, account: string, slots: Slots): void {
  database.run(
    `update account set tat = ?, last_slot = ?, claims_wait_until = ?, calls_wait_until = ?
     where id = ?`,
    Math.ceil(slots.tat * 1_000),
    slots.last,
    Math.round(slots.waitUntil.claim),
    Math.round(slots.waitUntil.call),
    account,
  );
}
