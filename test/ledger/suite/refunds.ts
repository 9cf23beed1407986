import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  money,
  options,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const hour = 60 * 60_000;

export function refundSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  let range: Range;
  let id: string;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([
      accountSettings({ budget: { amount: 1_000, period: 'month' } }),
    ]);
    range = await startBatch(ledger, 'fox', plannedShots(2), {
      policy: { retries: 0, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
      budget: [{ account, unit: 'credits', cap: 1_000 }],
      accepted: [{ account, unit: 'credits', cap: 1_000 }],
    });
    id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, { id: 'j' }, 'j', times);
    await fail('promised');
  });
  afterEach(async () => opened.close());

  const fail = (refunded: boolean | 'promised') =>
    ledger.submissions.failed(id, { reason: 'broken', refunded, billed: null });
  const due = (early = false) =>
    ledger.submissions.dueRefunds(account, { limit: 10, leaseMs: 60_000, early });
  const refund = async () =>
    (await everything(ledger.reports.submissions('fox'))).find((row) => row.submission === id)
      ?.refund;
  const promised = async () => (await ledger.reports.status('fox'))?.accounts[0]?.promised;

  it('count as spent until the money is back, then as refunded in every budget', async () => {
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, refunded: 0 });
    expect(await promised()).toBe(1_000);
    expect((await ledger.claims.claim(range, options)).granted).toEqual([]);
    expect(await ledger.submissions.settleRefund(id, 'back')).toBe(true);
    expect(await ledger.submissions.settleRefund(id, 'back')).toBe(false);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 0, refunded: 1_000 });
    expect(await promised()).toBe(0);
    expect(await refund()).toBe('back');
    // Batch, standing and accepted budgets of one image have room for the other shot again.
    expect((await ledger.claims.claim(range, options)).granted).toHaveLength(1);
  });

  it('are waited for where money is short, and only then is a person asked', async () => {
    const next = async () => (await ledger.claims.claim(range, options)).next;
    const waits = async () =>
      (await ledger.reports.waits('fox')).filter(({ kind }) => kind === 'refund');
    const failedAt = now;
    expect(await next()).toEqual({ kind: 'wait', ms: 5_000 });
    expect(await waits()).toEqual([
      { kind: 'refund', account, count: 1, since: now, last: now + hour / 12, why: 'broken' },
    ]);
    now = failedAt + hour / 12 - 1;
    expect(await next()).toMatchObject({ kind: 'wait' });
    now = failedAt + hour / 12;
    expect(await next()).toMatchObject({ kind: 'stopped', reason: { kind: 'budget' } });
    expect(await waits()).toEqual([]);
  });

  it('that would make no room are not waited for', async () => {
    await ledger.batches.setBudget('fox', account, 'credits', 999);
    expect((await ledger.claims.claim(range, options)).next).toMatchObject({ kind: 'stopped' });
  });

  it('are checked at growing intervals, each by one asker at a time', async () => {
    const asked: number[] = [];
    const from = now;
    while (now < from + 3 * hour) {
      const [first, ...others] = await due();
      expect(others).toEqual([]);
      if (first) {
        expect(first).toEqual({ submission: id, job: { id: 'j' }, ordered: 1 });
        expect(await due()).toEqual([]);
        asked.push((now - from) / 1_000);
        expect(await ledger.submissions.settleRefund(id, 'notYet')).toBe(true);
      }
      now += 5_000;
    }
    expect(asked).toEqual([5, 15, 35, 75, 155, 315, 635, 1_275, 2_555, 5_115, 8_715]);
  });

  it('are checked early by who has the occasion', async () => {
    expect(await due()).toEqual([]);
    expect(await due(true)).toHaveLength(1);
  });

  it('are given up after seven days, or when the vendor keeps the money', async () => {
    now += 7 * 24 * hour - 1;
    await ledger.submissions.settleRefund(id, 'notYet');
    expect(await refund()).toBe('owed');
    now += 1;
    await ledger.submissions.settleRefund(id, 'notYet');
    expect(await refund()).toBe('kept');
    expect(await due(true)).toEqual([]);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, refunded: 0 });
    expect(await promised()).toBe(0);
  });

  describe('that nobody promised', () => {
    it('are never checked', async () => {
      await ledger.submissions.settleRefund(id, 'back');
      id = await claimOne(ledger, range);
      await ledger.submissions.submitted(id, { id: 'k' }, 'k', times);
      await fail(true);
      expect(await due(true)).toEqual([]);
      expect(await refund()).toBeNull();
    });
  });
}
