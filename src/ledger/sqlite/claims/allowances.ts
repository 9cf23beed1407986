import {
  type Allowance,
  acceptedScope,
  accountScope,
  batchScope,
  scopesOf,
} from '../../rules/budgets.ts';
import { refundWaitMs } from '../../rules/refunds.ts';
import type { SlotKind, Slots } from '../../rules/slots.ts';
import type { Claimant } from './claim-gate.ts';
import { type AccountLimits, limitsOf } from '../account-limits.ts';
import { clockCorrectionMs } from '../clock-correction.ts';
import type { Database } from '../database.ts';
import { payerOf } from '../money.ts';
import type { SubmissionRecord } from '../rows.ts';
import type { Unit } from '../../../money.ts';

interface AccountRecord {
  id: string;
  unit: Unit;
  /** In whole microseconds: at a fast rate the rounding of milliseconds would add up. */
  tat: number;
  last_slot: SlotKind | null;
  claims_wait_until: number;
  calls_wait_until: number;
}

export interface LockedAccount extends AccountRecord {
  readonly limits: AccountLimits;
}

/** Locks the row of the account first, so that the claims of one account follow one another. */
export function lockAccount(database: Database, account: string): LockedAccount {
  const row = database.get<AccountRecord>(
    'update account set seq = seq + 1 where id = ? returning *',
    account,
  );
  if (!row) throw new Error(`the ledger does not know the account ${account}`);
  return { ...row, limits: limitsOf(database, account) };
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

/** A cap with its sum, and the key of the sum. */
export interface KeyedAllowance extends Allowance {
  /** The sum's row in `budget.scope`. */
  readonly key: string;
}

/** Every cap that a claim must fit in. */
export function allowancesOf(
  database: Database,
  { batch, run, account, now }: Claimant,
  unit: Unit,
): readonly KeyedAllowance[] {
  return [
    allowance(database, 'batch', batchScope(batch), account.id, unit),
    ...account.limits.budgets.map(({ amount, period }) => ({
      ...allowance(database, 'account', accountScope(period, now), account.id, unit),
      cap: amount,
    })),
    // No accepted plan means a cap of zero.
    withDefaultCap(allowance(database, 'accepted', acceptedScope(batch, run), account.id, unit)),
  ];
}

/** Failures with promised refunds, recent enough to wait for before a person is asked. */
export function promisedOfLate(
  database: Database,
  { account, now }: Claimant,
): readonly SubmissionRecord[] {
  return database.all<SubmissionRecord>(
    `select * from submission indexed by submission_refund
     where account = ? and refund = 'owed' and ended_at > ? and ended_at <= ?`,
    account.id,
    now - refundWaitMs,
    now + clockCorrectionMs,
  );
}

/** The allowance as it would be with the promised refunds that count in its sum. */
export function lessPromised(
  allowance: KeyedAllowance,
  promised: readonly SubmissionRecord[],
): Allowance {
  const { key, unit } = allowance;
  const owed = promised.filter((row) => row.unit === unit && scopesOf(payerOf(row)).includes(key));
  return { ...allowance, used: owed.reduce((used, { spent }) => used - spent, allowance.used) };
}

function withDefaultCap(of: KeyedAllowance): KeyedAllowance {
  return { ...of, cap: of.cap ?? 0 };
}

function allowance(
  database: Database,
  scope: Allowance['scope'],
  key: string,
  account: string,
  unit: Unit,
): KeyedAllowance {
  const row = database.get<{ cap: number | null; used: number }>(
    'select cap, reserved + spent as used from budget where scope = ? and account = ? and unit = ?',
    key,
    account,
    unit,
  );
  return { scope, key, unit, cap: row?.cap ?? null, used: row?.used ?? 0 };
}
