import type { Amount, Unit } from '../../money.ts';
import { type Payer, scopesOf } from '../rules/budgets.ts';
import type { Database } from './database.ts';
import type { SubmissionRecord } from './rows.ts';

export type Account = Payer & { readonly account: string; readonly unit: Unit };

/** The payer of a submission, and the time from which it counts. */
export function payerOf({ account, unit, batch, run, claimed_at }: SubmissionRecord): Account {
  return { account, unit, batch, run, claimedAt: claimed_at };
}

/** Adds to the sums of every scope in which the payer counts; negative amounts release. */
export function moveMoney(
  database: Database,
  payer: Account,
  change: { readonly reserved: Amount; readonly spent: Amount },
): void {
  if (change.reserved === 0 && change.spent === 0) return;
  for (const scope of scopesOf(payer))
    database.run(
      `insert into budget (scope, account, unit, reserved, spent) values (?, ?, ?, ?, ?)
       on conflict do update set reserved = reserved + excluded.reserved,
         spent = spent + excluded.spent`,
      scope,
      payer.account,
      payer.unit,
      change.reserved,
      change.spent,
    );
}

/** Adds to a cap; a missing cap counts as zero. */
export function raiseCap(
  database: Database,
  scope: string,
  account: string,
  unit: Unit,
  by: Amount,
): void {
  database.run(
    `insert into budget (scope, account, unit, cap) values (?, ?, ?, ?)
     on conflict do update set cap = coalesce(cap, 0) + excluded.cap`,
    scope,
    account,
    unit,
    by,
  );
}

export function setCap(
  database: Database,
  scope: string,
  account: string,
  unit: Unit,
  cap: Amount,
): void {
  database.run(
    `insert into budget (scope, account, unit, cap) values (?, ?, ?, ?)
     on conflict do update set cap = excluded.cap`,
    scope,
    account,
    unit,
    cap,
  );
}
