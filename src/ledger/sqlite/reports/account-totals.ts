import type { Amount, Unit } from '../../../money.ts';
import type { AccountTotals } from '../../port.ts';
import { accountScope, type Period } from '../../rules/budgets.ts';
import type { Database } from '../database.ts';

interface AccountRecord {
  readonly id: string;
  readonly unit: Unit;
  readonly budget_amount: Amount | null;
  readonly budget_period: Period | null;
}

export function readAccountTotals(database: Database, now: number): readonly AccountTotals[] {
  const records = database.all<AccountRecord>(
    'select id, unit, budget_amount, budget_period from account order by id',
  );
  return records.map(({ id, unit, budget_amount: cap, budget_period: period }) => {
    const sums = (scope: string) =>
      database.get<{ reserved: Amount; spent: Amount }>(
        'select reserved, spent from budget where scope = ? and account = ? and unit = ?',
        scope,
        id,
        unit,
      ) ?? { reserved: 0, spent: 0 };
    const { reserved, spent } = sums(accountScope('ever', now));
    const used = period === null ? undefined : sums(accountScope(period, now));
    return {
      account: id,
      unit,
      reserved,
      spent,
      budget:
        cap === null || period === null || used === undefined
          ? null
          : { cap, period, used: used.reserved + used.spent },
    };
  });
}
