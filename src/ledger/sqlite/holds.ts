import type { HoldReason } from '../port.ts';
import type { Database } from './database.ts';

/** The model of a hold on a whole account. */
export const everyModel = '*';

/** A later end wins over an earlier one; none at all over both. */
export function putHold(
  database: Database,
  account: string,
  model: string | null,
  reason: HoldReason,
  until: number | null,
): void {
  database.run(
    `insert into hold (account, model, reason, until) values (?, ?, ?, ?)
     on conflict do update set until = case
       when until is null or excluded.until is null then null
       else max(until, excluded.until) end`,
    account,
    model ?? everyModel,
    reason,
    until,
  );
}

/** Holds that a new accepted plan ends, and those that only a person's `resume` ends besides. */
const endedByRun = ['noFunds', 'badKey', 'forbidden', 'unreachable'] as const;
const endedByPerson = [...endedByRun, 'overBilled'] as const;

export function endHolds(
  database: Database,
  batch: string,
  by: 'run' | 'person',
  alsoAccounts: readonly string[] = [],
): void {
  const reasons = JSON.stringify(by === 'run' ? endedByRun : endedByPerson);
  database.run(
    `delete from hold where reason in (select value from json_each(?)) and account in (
       select account from shot where batch = ? union select value from json_each(?))`,
    reasons,
    batch,
    JSON.stringify(alsoAccounts),
  );
}
