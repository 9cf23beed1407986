import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSettings, Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  oneOutput,
  options,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const hour = 3_600_000;
const settleMs = 60_000;

/** The machine's clock is set back by an hour while a batch runs. */
export function clockSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  let fox: Range;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
  });
  afterEach(async () => opened.close());

  const start = async (settings: Partial<AccountSettings> = {}) => {
    await ledger.batches.putAccounts([accountSettings(settings)]);
    fox = await startBatch(ledger, 'fox', plannedShots(3));
  };
  const due = () => ledger.submissions.due(fox, { leaseMs: 10_000, limit: 10, settleMs });
  const setBack = () => (now -= hour);
  const claim = () => ledger.claims.claim(fox, { ...options, window: 1 });

  it('does not stop the rate of an account for longer than its interval', async () => {
    await start({ perMinute: 6 });
    await claimOne(ledger, fox);
    setBack();
    const { next } = await ledger.claims.claim(fox, options);
    if (next.kind !== 'wait') throw new Error(next.kind);
    expect(next.ms).toBeLessThan(11_000);
    now += next.ms;
    expect((await ledger.claims.claim(fox, options)).granted).toHaveLength(1);
  });

  it('lets calls have their slots when a claim was expected before', async () => {
    await start({ perMinute: 6 });
    expect(await ledger.claims.takeCallSlot(account)).toBe(0);
    await ledger.claims.claim(fox, options);
    setBack();
    const first = await ledger.claims.takeCallSlot(account);
    expect(first).toBeLessThan(11_000);
    now += first;
    expect(await ledger.claims.takeCallSlot(account)).toBe(0);
  });

  it('ends blocks that end by themselves, and keeps those that a person ends', async () => {
    await start();
    for (const reason of ['limited', 'noFunds'] as const)
      await ledger.submissions.block(account, null, reason, now + 900_000);
    setBack();
    expect((await claim()).granted).toHaveLength(1);
    expect((await ledger.reports.status('fox'))?.blocks).toEqual([]);
    await ledger.submissions.block(account, null, 'limited', now + 5_000);
    expect((await claim()).next).toEqual({ kind: 'wait', ms: 5_000 });
    now += 5_000;
    expect((await claim()).next).toEqual({ kind: 'wait', ms: 100 });
    await ledger.submissions.block(account, null, 'badKey', null);
    setBack();
    expect((await claim()).next).toMatchObject({ kind: 'stopped', reason: { kind: 'block' } });
  });

  it('polls jobs and fetches files at once that were to wait', async () => {
    await start();
    const asked = await claimOne(ledger, fox);
    await ledger.submissions.submitted(asked, { id: 'j' }, 'j', times);
    await ledger.submissions.pollAgain(asked, 30_000);
    setBack();
    expect(await due()).toMatchObject({ polls: [{ submission: asked }] });
    expect(await due()).toMatchObject({ polls: [], nextInMs: 10_000 });
    await ledger.submissions.succeeded(asked, oneOutput);
    await due();
    setBack();
    expect(await due()).toMatchObject({ downloads: [{ submission: asked }] });
    await ledger.submissions.delayOutput(asked, 0, 8_000, 'busy');
    expect(await due()).toMatchObject({ downloads: [], nextInMs: 8_000 });
  });

  it('waits for the answer of a request no longer than for any, counted from now', async () => {
    await start();
    const id = await claimOne(ledger, fox);
    const { deadline, claimedAt } = { deadline: now + 65_000, claimedAt: now };
    setBack();
    expect(await due()).toMatchObject({ nextInMs: 65_000, ambiguous: [] });
    now += 30_000;
    expect(await due()).toMatchObject({ nextInMs: 35_000 });
    now += 35_000 + settleMs;
    expect(await due()).toMatchObject({
      ambiguous: [{ submission: id, claimedAt, deadlineAt: deadline - hour }],
    });
  });

  it('lets another take the lease of a training, and checks a promised refund', async () => {
    await start();
    const id = await claimOne(ledger, fox);
    await ledger.submissions.submitted(id, { id: 'j' }, 'j', times);
    const promised = { reason: 'no', refunded: 'promised', billed: null } as const;
    await ledger.submissions.failed(id, promised);
    await ledger.remotes.leaseModel(account, 'set', 'dead', 15_000);
    now -= 2 * hour;
    expect(await ledger.remotes.leaseModel(account, 'set', 'alive', 15_000)).toBe(true);
    expect(await ledger.remotes.leaseModel(account, 'set', 'third', 15_000)).toBe(false);
    const refunds = { limit: 10, leaseMs: 60_000 };
    expect(await ledger.submissions.dueRefunds(account, refunds)).toHaveLength(1);
    expect(await ledger.submissions.dueRefunds(account, refunds)).toEqual([]);
  });

  describe('two claims of one training', () => {
    it('are told apart: the live one counts, whenever it says it was made', async () => {
      await start();
      const training = {
        ...{ batch: 'fox', run: 1, account, fingerprint: 'set', key: 'train/set' },
        price: { amount: 5, unit: 'credits', basis: 'exact' } as const,
      };
      await ledger.remotes.leaseModel(account, 'set', 'a', 15_000);
      const first = (await ledger.claims.claimTraining(training, options)).granted[0];
      await ledger.submissions.rejected(first?.submission ?? '', 'not sent', 'reopen');
      setBack();
      const second = (await ledger.claims.claimTraining(training, options)).granted[0];
      expect((await ledger.remotes.model(account, 'set'))?.trigger?.submission).toBe(
        second?.submission,
      );
    });
  });

  it('looks for a lost answer whose end was seen while the clock was ahead', async () => {
    await start();
    const id = await claimOne(ledger, fox);
    await ledger.submissions.ambiguous(id, 'reset');
    setBack();
    const overMs = 5_000;
    const look = () =>
      ledger.submissions.due(fox, { leaseMs: 10_000, limit: 10, settleMs, overMs });
    expect((await look()).nextInMs).toBe(overMs);
    now += overMs;
    expect((await look()).ambiguous).toMatchObject([{ submission: id }]);
  });

  it('tells a request whose clock was set back since', async () => {
    await start();
    await claimOne(ledger, fox);
    setBack();
    await due();
    now += 2 * hour;
    const [ambiguous] = (await due()).ambiguous;
    expect(ambiguous?.sendBy).toBeLessThan(ambiguous?.claimedAt ?? 0);
  });
}
