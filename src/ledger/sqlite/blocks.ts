import type { BlockCause, BlockReason } from '../port.ts';
import { acceptedScope, batchScope } from '../rules/budgets.ts';
import { clockCorrectionMs } from './clock-correction.ts';
import type { Database } from './database.ts';

/** The model of a block on a whole account. */
export const everyModel = '*';

/**
 * On a row of `block`: it has not ended. A block that was set later than now is from before the
 * clock was set back. Its rest is unknown, so it counts as over; the vendor refuses again if it is
 * not.
 */
export const isActive = (now: string): string =>
  `(until is null or (until > ${now} and set_at <= ${now} + ${clockCorrectionMs}))`;

/** The later of two ends counts; a block without an end outlasts both. */
export function putBlock(
  database: Database,
  account: string,
  model: string | null,
  reason: BlockReason,
  until: number | null,
  cause: BlockCause | undefined,
  now: number,
): void {
  database.run(
    `insert into block (account, model, reason, until, set_at, why, since)
       values (?, ?, ?, ?, ?, ?, ?)
     on conflict do update set set_at = excluded.set_at, why = coalesce(excluded.why, why),
       since = iif(until > excluded.set_at and since < excluded.since, since,
         coalesce(excluded.since, since)),
       until = case
       when until is null or excluded.until is null then null
       when set_at > excluded.set_at + ${clockCorrectionMs} then excluded.until
       else max(until, excluded.until) end`,
    account,
    model ?? everyModel,
    reason,
    until,
    now,
    cause?.why ?? null,
    cause?.since ?? null,
  );
}

/**
 * End of the current or last block of an account. A block that a person ends counts only after its
 * end: a wait for it would be a wait for the person.
 */
export const blockedUntil = (account: string, now: string): string =>
  `(select max(until) from block where account = ${account}
     and (reason in ('limited', 'unreachable', 'circuitOpen') or until <= ${now})
     and set_at <= ${now} + ${clockCorrectionMs})`;

/** The accounts that a batch pays or may pay, as its budgets and accepted plans name them. */
export const accountsOfBatch = (batchScope: string, acceptedScope: string): string =>
  `select account from budget where scope in (${batchScope}, ${acceptedScope})`;

/** Blocks that a new accepted plan or `resume` ends. */
const endedByPerson = ['noFunds', 'badKey', 'forbidden', 'unreachable'] as const;

export function endBlocks(
  database: Database,
  { batch, run }: { readonly batch: string; readonly run: number },
  now: number,
): void {
  const accounts = accountsOfBatch('?2', '?3');
  const scopes = [batchScope(batch), acceptedScope(batch, run)];
  // The polls of an outage wait as long as its block: they are due with its end.
  const unreachable = database.all<{ account: string }>(
    `select distinct account from block where reason = ?1 and until > ?4 and account in (${accounts})`,
    'unreachable',
    ...scopes,
    now,
  );
  for (const { account } of unreachable)
    database.run(
      `update submission set next_poll_at = ?2
       where account = ?1 and state = 'submitted' and next_poll_at > ?2`,
      account,
      now,
    );
  database.run(
    `update block set until = ?4, set_at = min(set_at, ?4)
     where reason in (select value from json_each(?1)) and coalesce(until, ?4) >= ?4
       and account in (${accounts})`,
    JSON.stringify(endedByPerson),
    ...scopes,
    now,
  );
}
