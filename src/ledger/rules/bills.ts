import type { Amount } from '../../money.ts';

/** How long the highest bill counts before a lower one replaces it, in milliseconds. */
export const highestBillCountsMs = 24 * 60 * 60_000;

/** Minimum time between two records of an equal bill. */
const repeatedAfterMs = 60 * 60_000;

export interface Bill {
  readonly amount: Amount;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * The bill to save for a kind of request. A bill at or below its price is not saved, except in
 * place of a higher one that is more than a day old.
 * @param price what was reserved for the request by its plan; null: unknown
 * @returns undefined when the known bill stays
 */
export function billToKeep(
  known: Bill | undefined,
  { billed, price }: { readonly billed: Amount; readonly price: Amount | null },
  now: number,
): Bill | undefined {
  if (billed <= 0) return undefined;
  const bill = { amount: billed, at: now };
  if (known === undefined) return price === null || billed > price ? bill : undefined;
  if (billed > known.amount) return bill;
  const ageMs = now - known.at;
  return ageMs > (billed === known.amount ? repeatedAfterMs : highestBillCountsMs)
    ? bill
    : undefined;
}
