import type { AccountConfig } from '../../config/accounts.ts';
import { formatAmount, type Unit } from '../../money.ts';

/** As in `shotlist.yaml`: `100 credits per day`. */
export function standingBudget(
  { amount, period }: NonNullable<AccountConfig['budget']>,
  unit: Unit,
): string {
  return `${formatAmount(amount, unit)}${period === 'ever' ? '' : ` per ${period}`}`;
}
