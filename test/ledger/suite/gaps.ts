import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gap, Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  finish,
  money,
  oneOutput,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
  keyHash,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const minute = 60_000;
const other = 'other@https://api.example.test';

export function gapSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
  });
  afterEach(async () => opened.close());

  const gapOf = (from: number, to: number, why = 'a restore'): Promise<Gap> =>
    ledger.gaps.add({ from: now + from * minute, to: now + to * minute, why });

  it('are listed until they are closed, oldest first, over a restart', async () => {
    const late = await gapOf(-5, -4, 'a copy');
    const early = await gapOf(-9, -8);
    expect(early).toEqual({
      ...{ id: early.id, from: now - 9 * minute, to: now - 8 * minute, why: 'a restore' },
      ...{ foundAt: now, claims: 0, closedAt: null, isOpen: true, clearAccounts: [] },
    });
    expect(await ledger.gaps.list()).toEqual([early, late]);
    now += minute;
    expect(await ledger.gaps.close(early.id)).toBe(true);
    expect(await ledger.gaps.close(early.id)).toBe(false);
    const again = await opened.reopen();
    expect(await again.gaps.list()).toEqual([late]);
    expect(await again.gaps.list({ closed: true })).toEqual([
      { ...early, closedAt: now, isOpen: false },
      late,
    ]);
  });

  it('that touch are one, for whatever reasons, of which nothing is known', async () => {
    await ledger.batches.putAccounts([accountSettings(), accountSettings({ account: other })]);
    const first = await gapOf(-9, -7);
    await ledger.gaps.clear(first.id, account);
    await gapOf(-8, -6);
    const { id } = await gapOf(-7, -6, 'a copy');
    const { id: apart } = await gapOf(-5, -4);
    // Somebody who looked for a request in the first one.
    await ledger.gaps.clear(first.id, account);
    await ledger.gaps.clear(id, other);
    expect(await ledger.gaps.list({ closed: true })).toMatchObject([
      { id, from: now - 9 * minute, to: now - 6 * minute, clearAccounts: [other] },
      { id: apart },
    ]);
    expect(id).not.toBe(first.id);
    expect((await gapOf(-8, -7)).why).toBe('a restore; a copy');
  });

  it('are open no more when every account is clear, until another is configured', async () => {
    await ledger.batches.putAccounts([accountSettings(), accountSettings({ account: other })]);
    const { id } = await gapOf(-9, -7);
    await ledger.gaps.clear(id, account);
    expect(await ledger.gaps.list()).toMatchObject([{ id, clearAccounts: [account] }]);
    await ledger.gaps.clear(id, other);
    expect(await ledger.gaps.list()).toEqual([]);
    expect(await ledger.gaps.list({ closed: true })).toMatchObject([{ id, closedAt: null }]);
    await ledger.batches.putAccounts([
      accountSettings({ account: 'later@https://a.example.test' }),
    ]);
    expect(await ledger.gaps.list()).toMatchObject([{ id, isOpen: true }]);
    expect(await ledger.gaps.close(id)).toBe(true);
    expect(await ledger.gaps.list()).toEqual([]);
  });

  it('ask about what an account sends that was configured after all others were clear', async () => {
    await ledger.batches.putAccounts([accountSettings()]);
    const { id } = await gapOf(-9, -7);
    await ledger.gaps.clear(id, account);
    await ledger.batches.putAccounts([accountSettings({ account: other })]);
    const range = await startBatch(ledger, 'hen', [plannedShot(0, { account: other })], {
      accepted: [{ account: other, unit: 'credits', cap: 9_000 }],
    });
    expect(await ledger.claims.claim({ ...range, account: other }, options)).toMatchObject({
      ...{ granted: [], bound: 1 },
    });
  });

  describe('in which a request may have been sent', () => {
    let range: Range;
    let gap: Gap;
    beforeEach(async () => {
      await ledger.batches.putAccounts([accountSettings(), accountSettings({ account: other })]);
      range = await startBatch(ledger, 'fox', plannedShots(2), {
        accepted: [{ account, unit: 'credits', cap: 2_000 }],
      });
      gap = await gapOf(-90, -30);
    });

    const claim = () => ledger.claims.claim(range, options);
    const ambiguous = async () =>
      (await ledger.submissions.due(range, { leaseMs: 1_000, limit: 9, settleMs: 0 })).ambiguous;
    const ask = async (): Promise<string> => {
      await claim();
      return (await ambiguous())[0]?.submission ?? '';
    };
    const giveUp = async (id: string): Promise<void> => {
      await ledger.submissions.park(id, 'nothing tells');
      await ledger.submissions.resolve(id, { kind: 'again', batch: 'fox' });
    };
    const fail = async (of: Range): Promise<void> => {
      const id = await claimOne(ledger, of);
      await ledger.submissions.rejected(id, 'refused', 'fail');
    };
    const states = async (batch = 'fox') =>
      (await everything(ledger.reports.submissions(batch))).map(({ state }) => state).sort();

    it('grant it only when it was looked for: it waits like one without an answer', async () => {
      expect(await claim()).toMatchObject({ granted: [], open: 0, bound: 2, next: { kind: 'go' } });
      expect(await ambiguous()).toMatchObject([
        { claimedAt: gap.from, deadlineAt: gap.to, overAt: gap.to, gap: gap.id },
        {
          gap: gap.id,
          why: expect.stringContaining('which this ledger does not know (a restore)'),
        },
      ]);
      expect(await money(ledger, 'fox')).toMatchObject({ ambiguous: 2_000, spent: 0 });
    });

    it('send it once it is absent, without counting that as a try', async () => {
      expect(await ledger.submissions.absent(await ask(), keyHash)).toBe(true);
      const { granted } = await claim();
      expect(granted).toHaveLength(1);
      for (const { submission } of granted) await finish(ledger, submission);
      expect(await states()).toEqual(['ambiguous', 'rejected', 'succeeded']);
      expect(await money(ledger, 'fox')).toMatchObject({ ambiguous: 1_000, spent: 1_000 });
    });

    it.each([
      ['was absent', (id: string) => ledger.submissions.absent(id, keyHash)],
      ['was given up', (id: string) => giveUp(id)],
      ['is looked for still', async () => undefined],
    ])('ask again where one grew in which it %s', async (_, settle) => {
      const id = await ask();
      await settle(id);
      const grown = await gapOf(-30, -1);
      await ledger.submissions.absent(id, keyHash);
      expect((await claim()).granted).toEqual([]);
      expect(await ambiguous()).toContainEqual(
        expect.objectContaining({ gap: grown.id, claimedAt: gap.from, deadlineAt: grown.to }),
      );
    });

    it('adopt its job, and leave to a person what nothing tells', async () => {
      const id = await ask();
      expect(await ledger.submissions.adopt(id, { id: 'j' }, 'j', times)).toBe(true);
      await ledger.submissions.succeeded(id, oneOutput);
      const second = (await ambiguous())[0]?.submission ?? '';
      await ledger.submissions.park(second, 'two jobs may be it');
      expect(await ledger.reports.unresolved('fox')).toMatchObject([{ submission: second }]);
      await ledger.submissions.resolve(second, { kind: 'again', batch: 'fox' });
      expect((await claim()).granted).toHaveLength(1);
    });

    it('ask once for each request, whichever batch wants it', async () => {
      for (const { submission } of (await claim(), await ambiguous()))
        await ledger.submissions.absent(submission, keyHash);
      const owl = await startBatch(ledger, 'owl', plannedShots(3));
      const { granted } = await ledger.claims.claim(owl, options);
      expect(granted.map(({ key }) => key)).toEqual(['one/shot-0000', 'one/shot-0001']);
      expect(await states('owl')).toEqual(['ambiguous', 'claimed', 'claimed']);
    });

    it('say nothing of what was claimed since, nor of an account that is clear', async () => {
      await ledger.gaps.clear(gap.id, account);
      expect((await claim()).granted).toHaveLength(2);
      const elsewhere = plannedShot(0, { account: other });
      const there = await startBatch(ledger, 'hen', [elsewhere], {
        accepted: [{ account: other, unit: 'credits', cap: 9_000 }],
      });
      expect(await ledger.claims.claim({ ...there, account: other }, options)).toMatchObject({
        ...{ granted: [], bound: 1 },
      });
    });

    it('ask about what was claimed before, by a clock that was ahead then', async () => {
      await ledger.gaps.close(gap.id);
      now += 9 * minute;
      await fail(range);
      now -= 9 * minute;
      await gapOf(-1, 0);
      const again = await startBatch(ledger, 'fox', plannedShots(2));
      expect(await ledger.claims.claim(again, options)).toMatchObject({ granted: [], bound: 2 });
    });

    it('ask about each of two that lie apart, before it is granted', async () => {
      const later = await gapOf(-20, -10);
      const asked: (number | null)[] = [];
      for (;;) {
        const { granted } = await claim();
        if (granted.length > 0) break;
        for (const { submission, gap: of } of await ambiguous()) {
          asked.push(of);
          await ledger.submissions.absent(submission, keyHash);
        }
      }
      expect(asked).toEqual([gap.id, gap.id, later.id, later.id]);
    });

    it('do not ask about what was claimed after, by a clock that was set back since', async () => {
      for (const each of [await ask(), (await ambiguous())[1]?.submission ?? ''])
        await ledger.submissions.absent(each, keyHash);
      const { granted } = await claim();
      expect(granted).toHaveLength(2);
      for (const { submission } of granted)
        await ledger.submissions.rejected(submission, 'not now', 'reopen');
      now -= 9 * minute;
      expect((await claim()).granted).toHaveLength(2);
    });

    it('do not block what is closed', async () => {
      await ledger.gaps.close(gap.id);
      expect((await claim()).granted).toHaveLength(2);
    });

    it('ask about a training like about any request, though the list of jobs shows nothing', async () => {
      for (const each of [account, other]) await ledger.gaps.clear(gap.id, each);
      const training = {
        ...{ batch: 'fox', run: 1, account, fingerprint: 'set', key: 'train/anna' },
        price: { amount: 300, unit: 'credits', basis: 'exact' },
      } as const;
      const claimTraining = () => ledger.claims.claimTraining(training, options);
      expect(await claimTraining()).toMatchObject({ granted: [], attached: 1 });
      await ledger.remotes.leaseModel(account, 'set', 'w', 1_000);
      const trigger = (await ledger.remotes.model(account, 'set'))?.trigger;
      expect(trigger).toMatchObject({ state: 'ambiguous', gap: gap.id });
      await ledger.submissions.absent(trigger?.submission ?? '', keyHash);
      expect((await claimTraining()).granted).toHaveLength(1);
    });

    it('compete with a request that was on its way in one: a job may be of what nobody knows', async () => {
      await ledger.gaps.close(gap.id);
      const id = await claimOne(ledger, range);
      const { id: around } = await gapOf(0, 1);
      await gapOf(9, 10);
      await ledger.gaps.close(around);
      expect(await ledger.submissions.competing(id, 1_000)).toEqual([
        {
          ...{ request: null, claimedAt: now, deadlineAt: now + minute },
          ...{ onItsWay: false, inGap: true },
        },
      ]);
    });

    it('tell whether another shot could own a job that tells the same prompt', async () => {
      await claim();
      const { request } = plannedShot(0);
      const own = (await ambiguous()).find((each) => each.request.prompt === request.prompt);
      const id = own?.submission ?? '';
      expect(await ledger.submissions.hasLikeness(id)).toBe(false);
      const alike = { ...request, resolution: '4K' };
      await startBatch(ledger, 'owl', [plannedShot(7, { request: alike })]);
      expect(await ledger.submissions.hasLikeness(id)).toBe(true);
    });

    it('tell so too of a shot that was on its way when the gap began', async () => {
      await ledger.gaps.close(gap.id);
      const { request } = plannedShot(0);
      const alike = { ...request, resolution: '4K' };
      const owl = await startBatch(ledger, 'owl', [plannedShot(7, { request: alike })]);
      await claimOne(ledger, owl);
      await gapOf(-1, 0);
      await claim();
      const own = (await ambiguous()).find((each) => each.request.prompt === request.prompt);
      expect(await ledger.submissions.hasLikeness(own?.submission ?? '')).toBe(true);
    });

    it.each([
      ['failed', async (of: Range) => await fail(of)],
      ['is open in a batch that is over', async () => undefined],
    ])('tell so too of a shot that %s: it may have been run again in one', async (_, then) => {
      await ledger.gaps.close(gap.id);
      const { request } = plannedShot(0);
      const alike = { ...request, resolution: '4K' };
      const owl = await startBatch(ledger, 'owl', [plannedShot(7, { request: alike })]);
      await then(owl);
      await ledger.batches.finishRun('owl', owl.run, 'incomplete');
      await gapOf(-1, 0);
      await claim();
      const own = (await ambiguous()).find((each) => each.request.prompt === request.prompt);
      expect(await ledger.submissions.hasLikeness(own?.submission ?? '')).toBe(true);
    });

    it('have known jobs before and after, as long as a day apart', async () => {
      await ledger.gaps.close(gap.id);
      const known = await claimOne(ledger, range);
      await ledger.submissions.submitted(known, { id: 'early' }, 'early', times);
      await ledger.submissions.succeeded(known, oneOutput);
      now += 30 * 60 * minute;
      await gapOf(-10 * 60, -1, 'a copy');
      const owl = await startBatch(ledger, 'owl', [plannedShot(5)]);
      await ledger.claims.claim(owl, options);
      const [row] = await everything(ledger.reports.submissions('owl'));
      expect(await ledger.submissions.knownJobs(row?.submission ?? '')).toMatchObject([
        { jobId: 'early' },
      ]);
    });
  });
}
