import type { Amount, Unit } from '../../../money.ts';
import type { AccountTotals } from '../../port.ts';
import { accountScope, type Period } from '../../rules/budgets.ts';
import type { Database } from '../database.ts';

export function readAccountTotals(database: Database, now: number): readonly AccountTotals[] {
  const records = database.all<{ readonly id: string; readonly unit: Unit }>(
    'select id, unit from account order by id',
  );
  return records.map(({ id, unit }) => {
    const sums = (period: Period) =>
      database.get<{ reserved: Amount; spent: Amount }>(
        'select reserved, spent from budget where scope = ? and account = ? and unit = ?',
        accountScope(period, now),
        id,
        unit,
      ) ?? { reserved: 0, spent: 0 };
    const used = (period: Period): Amount => {
      const { reserved, spent } = sums(period);
      return reserved + spent;
    };
    const ever = sums('ever');
    return {
      account: id,
      unit,
      reserved: ever.reserved,
      spent: ever.spent,
      used: { day: used('day'), month: used('month'), ever: used('ever') },
    };
  });
}
