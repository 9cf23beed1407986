import { describe, expect, it } from 'vitest';
import type { AccountUse, SubmissionRow } from '../../src/ledger/port.ts';
import { type BalanceChange, checksOf } from '../../src/report/checks.ts';

const account = 'acme@https://acme.test';

function row(key: string, facts: Partial<SubmissionRow>): SubmissionRow {
  return {
    submission: key,
    operation: 'generate',
    key,
    attempt: 1,
    account,
    state: 'succeeded',
    jobId: key,
    job: {},
    price: { amount: 10_000, unit: 'credits', basis: 'exact' },
    reserved: 0,
    spent: 10_000,
    billed: null,
    listed: null,
    claimedAt: 1,
    submittedAt: 2,
    endedAt: 3,
    why: null,
    refusals: 1,
    duplicate: false,
    resolution: null,
    refund: null,
    undelivered: 0,
    outputs: [],
    ...facts,
  };
}

function change(end: number, uses: readonly AccountUse[]): BalanceChange {
  return { account, run: 2, start: 100_000, end, uses };
}
const own = (amount: number): AccountUse => ({ batch: 'fox', run: 2, amount });

describe('checks', () => {
  it('has none where the vendor tells nothing', () => {
    expect(checksOf('fox', [row('a', {})], [])).toEqual([]);
  });

  it('says when bills are as priced, and how far and where they are not', () => {
    const fair = row('a', { billed: 10_000 });
    expect(checksOf('fox', [fair], [])).toEqual([
      {
        account: 'acme',
        kind: 'bills',
        agrees: true,
        text: '1 job reported their cost, 10 credits, the same as their prices',
      },
    ]);
    const dear = row('b', { billed: 12_500 });
    expect(checksOf('fox', [fair, dear], [])).toMatchObject([
      {
        agrees: false,
        text: '2 jobs reported their cost, 22.5 credits: 2.5 credits more than their prices (b 12.5 credits, not 10 credits)',
      },
    ]);
  });

  it("holds the vendor's list against what the ledger counts, alive or refunded", () => {
    const rows = [
      row('a', { listed: 10_000 }),
      row('b', { listed: 10_000, spent: 0, reserved: 10_000 }),
      row('c', { listed: 0 }),
      row('d', { listed: 20_000 }),
    ];
    expect(checksOf('fox', rows.slice(0, 2), [])).toMatchObject([{ kind: 'list', agrees: true }]);
    expect(checksOf('fox', rows, [])).toMatchObject([
      { agrees: false, text: expect.stringContaining('the sum is the same, single jobs are not') },
    ]);
  });

  it.each([
    ['they agree', change(60_000, [own(40_000)]), true],
    [
      '5 credits more than the ledger counts left the account',
      change(55_000, [own(40_000)]),
      false,
    ],
    ['5 credits less than the ledger counts', change(65_000, [own(40_000)]), false],
    ['rose by 10 credits (was it topped up?)', change(110_000, [own(40_000)]), false],
    [
      'and 7 credits for other work meanwhile (fox, owl): they agree',
      change(53_000, [
        { batch: 'fox', run: 1, amount: 2_000 },
        own(40_000),
        { batch: 'owl', run: 1, amount: 5_000 },
      ]),
      true,
    ],
  ])('says of a balance: %s', (text, moved, agrees) => {
    const [check] = checksOf('fox', [row('a', {})], [moved]);
    expect(check).toMatchObject({ kind: 'balance', agrees });
    expect(check?.text).toContain(text);
  });
});
