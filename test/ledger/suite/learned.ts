import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  finish,
  plannedShots,
  startBatch,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const other = 'other@https://api.example.test';

export function learnedSuite(open: Open): void {
  let opened: OpenLedger;
  let now: number;
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    opened = await open({ now: () => now });
  });
  afterEach(async () => opened.close());

  it('keeps the last list of models of each account, with its time, over a restart', async () => {
    const { learned } = opened.ledger;
    expect(await learned.models(account)).toBeUndefined();
    await learned.putModels(account, { models: ['old'] });
    now += 1_000;
    await learned.putModels(account, { models: ['new'] });
    const again = await opened.reopen();
    expect(await again.learned.models(account)).toEqual({ models: { models: ['new'] }, at: now });
    expect(await again.learned.models(other)).toBeUndefined();
  });

  it('answers a list of models only when it came after the time given', async () => {
    const { learned } = opened.ledger;
    await learned.putModels(account, []);
    expect(await learned.models(account, now)).toBeUndefined();
    expect(await learned.models(account, now - 1)).toEqual({ models: [], at: now });
  });

  it('keeps one quote per account and key, the last one', async () => {
    const { learned } = opened.ledger;
    await learned.putQuotes(account, [
      { key: 'a', amount: 1_000 },
      { key: 'b', amount: 2_000 },
    ]);
    await learned.putQuotes(other, [{ key: 'a', amount: 7 }]);
    const first = now;
    now += 5;
    await learned.putQuotes(account, [{ key: 'b', amount: 3_000 }]);
    expect(await learned.quotes(account)).toEqual([
      { key: 'a', amount: 1_000, at: first },
      { key: 'b', amount: 3_000, at: now },
    ]);
    expect(await learned.quotes(account, now)).toEqual([{ key: 'b', amount: 3_000, at: now }]);
    expect(await learned.quotes(other)).toEqual([{ key: 'a', amount: 7, at: first }]);
  });

  it('sums what an account has spent and reserved over all batches, and in each period', async () => {
    const { ledger } = opened;
    await ledger.batches.putAccounts([accountSettings(), accountSettings({ account: other })]);
    await finish(ledger, await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1))));
    now += 86_400_000;
    const shots = plannedShots(3).slice(1);
    const range = await startBatch(ledger, 'owl', shots);
    await finish(ledger, await claimOne(ledger, range));
    await claimOne(ledger, range);
    expect(await everything(ledger.reports.submissions('owl'))).toHaveLength(2);
    const none = {
      ...{ unit: 'credits', reserved: 0, spent: 0 },
      used: { day: 0, month: 0, ever: 0 },
    };
    expect(await ledger.reports.accounts()).toEqual([
      {
        account,
        unit: 'credits',
        reserved: 1_000,
        spent: 2_000,
        used: { day: 2_000, month: 3_000, ever: 3_000 },
      },
      { account: other, ...none },
    ]);
  });
}
