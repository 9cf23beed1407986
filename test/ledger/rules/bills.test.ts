import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bill, billToKeep, highestBillCountsMs } from '../../../src/ledger/rules/bills.ts';

const amount = fc.integer({ min: 0, max: 50 });
const reported = fc.record({
  billed: amount,
  price: fc.option(amount),
  afterMs: fc.integer({ min: 0, max: highestBillCountsMs / 4 }),
});

describe('billToKeep', () => {
  it('lets no lower bill count within a day of one that counts', () => {
    fc.assert(
      fc.property(fc.array(reported, { maxLength: 30 }), (bills) => {
        let now = 0;
        let known: Bill | undefined;
        for (const { billed, price, afterMs } of bills) {
          now += afterMs;
          const before = known;
          known = billToKeep(known, { billed, price }, now) ?? known;
          if (before && now - before.at <= highestBillCountsMs)
            expect(known?.amount).toBe(Math.max(before.amount, billed));
          else if (before && billed > 0) expect(known?.amount).toBe(billed);
          else if (!before && price !== null && billed > price) expect(known?.amount).toBe(billed);
        }
      }),
    );
  });

  it('lets a lower bill count when the highest is of more than a day ago', () => {
    const known = { amount: 9, at: 0 };
    expect(billToKeep(known, { billed: 4, price: 9 }, highestBillCountsMs)).toBeUndefined();
    expect(billToKeep(known, { billed: 4, price: 9 }, highestBillCountsMs + 1)).toEqual({
      ...{ amount: 4, at: highestBillCountsMs + 1 },
    });
  });

  it('learns nothing from a job that was free', () => {
    expect(billToKeep(undefined, { billed: 0, price: null }, 1)).toBeUndefined();
  });
});
