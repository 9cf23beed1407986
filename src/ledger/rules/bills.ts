import type { Amount } from '../../money.ts';

/** How long the highest bill counts before a lower one takes its place, in milliseconds. */
export const highestBillCountsMs = 24 * 60 * 60_000;

/** An equal bill is noted again no more often than this. */
const repeatedAfterMs = 60 * 60_000;

export interface Bill {
  readonly amount: Amount;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Which bill is remembered for a kind of request. A bill at or below its price teaches nothing new, except
 * that a higher one of more than a day ago is no longer what the vendor takes.
 * @param price what was reserved for the request by its plan; null: nobody knew
 * @returns undefined when what is known stays
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
