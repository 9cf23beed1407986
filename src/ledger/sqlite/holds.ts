import type { HoldReason } from '../port.ts';
import { acceptedScope, batchScope } from '../rules/budgets.ts';
import { clockCorrectionMs } from './clock-correction.ts';
import type { Database } from './database.ts';

/** The model of a hold on a whole account. */
export const everyModel = '*';

/**
 * On a row of `hold`: it has not ended. One that was set later than now was so before the clock was set
 * back: nobody knows how long it still lasts, so that it is over; the vendor says so again if it is not.
 */
export const isHeld = (now: string): string =>
  `(until is null or (until > ${now} and set_at <= ${now} + ${clockCorrectionMs}))`;

/** A later end wins over an earlier one; none at all over both. */
export function putHold(
  database: Database,
  account: string,
  model: string | null,
  reason: HoldReason,
  until: number | null,
  now: number,
): void {
  database.run(
    `insert into hold (account, model, reason, until, set_at) values (?, ?, ?, ?, ?)
     on conflict do update set set_at = excluded.set_at, until = case
       when until is null or excluded.until is null then null
       when set_at > excluded.set_at + ${clockCorrectionMs} then excluded.until
       else max(until, excluded.until) end`,
    account,
    model ?? everyModel,
    reason,
    until,
    now,
  );
}

/**
 * Until when an account is held by what ends by itself, or was last held. One that a person ends has no end
 * before that: what waits for it would wait for the person.
 */
export const heldUntil = (account: string, now: string): string =>
  `(select max(until) from hold where account = ${account}
     and (reason in ('limited', 'unreachable', 'breaker') or until <= ${now})
     and set_at <= ${now} + ${clockCorrectionMs})`;

/** The accounts that a batch pays or may pay, as its budgets and accepted plans name them. */
export const accountsOfBatch = (batchScope: string, acceptedScope: string): string =>
  `select account from budget where scope in (${batchScope}, ${acceptedScope})`;

/** Holds that a new accepted plan ends, or a person's `resume`. */
const endedByPerson = ['noFunds', 'badKey', 'forbidden', 'unreachable'] as const;

export function endHolds(
  database: Database,
  { batch, run }: { readonly batch: string; readonly run: number },
  now: number,
): void {
  database.run(
    `update hold set until = ?4, set_at = min(set_at, ?4)
     where reason in (select value from json_each(?1)) and coalesce(until, ?4) >= ?4
       and account in (${accountsOfBatch('?2', '?3')})`,
    JSON.stringify(endedByPerson),
    batchScope(batch),
    acceptedScope(batch, run),
    now,
  );
}
