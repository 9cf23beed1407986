import type { Amount } from '../../money.ts';
import type { AccountSettings, KnownAccount } from '../port.ts';
import type { Period } from '../rules/budgets.ts';
import type { Database } from './database.ts';

/** What all projects together allow an account. */
export interface AccountLimits {
  /** Null: no limit. */
  readonly perMinute: number | null;
  readonly inFlight: number;
  /** Each of them is a cap. */
  readonly budgets: readonly { readonly amount: Amount; readonly period: Period }[];
}

interface LimitRecord {
  per_minute: number | null;
  in_flight: number;
  budget_amount: Amount | null;
  budget_period: Period | null;
  in_force: number;
}

export function addAccount(database: Database, { account, provider, unit }: KnownAccount): void {
  database.run(
    'insert into account (id, provider, unit) values (?, ?, ?) on conflict do nothing',
    account,
    provider,
    unit,
  );
}

export function putLimits(database: Database, settings: AccountSettings): void {
  const { account, project, provider, unit, perMinute, inFlight, budget } = settings;
  database.run(
    `insert into account (id, provider, unit) values (?, ?, ?)
     on conflict do update set provider = excluded.provider, unit = excluded.unit`,
    account,
    provider,
    unit,
  );
  database.run(
    `insert or replace into account_limit (account, project, per_minute, in_flight, budget_amount,
       budget_period) values (?, ?, ?, ?, ?, ?)`,
    account,
    project,
    perMinute ?? null,
    inFlight,
    budget?.amount ?? null,
    budget?.period ?? null,
  );
}

/**
 * The limits in force: those of projects with unfinished batches. While no batch is unfinished,
 * those of all projects.
 */
export function limitsOf(database: Database, account: string): AccountLimits {
  const records = database.all<LimitRecord>(
    `select per_minute, in_flight, budget_amount, budget_period, exists (
       select 1 from batch b where b.project = l.project and b.ended_at is null
         and b.state <> 'cancelled') as in_force
     from account_limit l where account = ?`,
    account,
  );
  const live = records.filter((record) => record.in_force === 1);
  const inForce = live.length > 0 ? live : records;
  const rates = inForce.flatMap(({ per_minute: rate }) => (rate === null ? [] : [rate]));
  return {
    perMinute: rates.length > 0 ? Math.min(...rates) : null,
    inFlight: Math.min(...inForce.map((record) => record.in_flight)),
    budgets: inForce.flatMap(({ budget_amount: amount, budget_period: period }) =>
      amount === null || period === null ? [] : [{ amount, period }],
    ),
  };
}
