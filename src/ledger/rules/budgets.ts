import type { Amount, Price, Unit } from '../../money.ts';
import type { StopReason } from '../port.ts';

/**
 * Decides in which sums a submission counts. They follow from the payer and the time, so they are
 * not stored.
 */
export interface Payer {
  readonly batch: string;
  readonly run: number;
  readonly claimedAt: number;
}

export type Period = 'day' | 'month' | 'ever';

export const batchScope = (batch: string) => `batch:${batch}`;
export const acceptedScope = (batch: string, run: number) => `accepted:${batch}#${run}`;

/** Days and months are those of UTC. */
export function accountScope(period: Period, at: number): string {
  if (period === 'ever') return 'account:ever';
  return `account:${new Date(at).toISOString().slice(0, period === 'day' ? 10 : 7)}`;
}

/** Every period is counted, capped or not, so that a later cap includes earlier spending. */
export function scopesOf(payer: Payer): readonly string[] {
  return [
    batchScope(payer.batch),
    acceptedScope(payer.batch, payer.run),
    accountScope('ever', payer.claimedAt),
    accountScope('month', payer.claimedAt),
    accountScope('day', payer.claimedAt),
  ];
}

/** One cap that applies to a claim, with its use so far. */
export interface Allowance {
  readonly scope: 'batch' | 'account' | 'accepted';
  readonly unit: Unit;
  /** Null: no cap of this kind. */
  readonly cap: Amount | null;
  readonly used: Amount;
}

/**
 * The reason to refuse a price; undefined: it fits in every cap. Fails closed: an unknown price
 * fits under no batch or account cap. Without such a cap, unknown prices must be accepted.
 */
export function refusal(
  price: Price,
  account: string,
  allowances: readonly Allowance[],
  unknownPrices: boolean,
): StopReason | undefined {
  const capped = allowances.filter((allowance) => allowance.cap !== null);
  if (price.amount === null) {
    const underCap = capped.some((allowance) => allowance.scope !== 'accepted');
    return underCap || !unknownPrices ? { kind: 'unknownPrice', account } : undefined;
  }
  for (const { scope, unit, cap, used } of capped) {
    if (unit !== price.unit || used + price.amount > (cap ?? 0))
      return price.amount === 0 ? undefined : { kind: 'budget', scope, account };
  }
  return undefined;
}
