import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedRun, AccountSettings, Ledger, Range } from '../../../src/ledger/port.ts';
import {
  acceptedRun,
  account,
  accountSettings,
  claimOne,
  finish,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

export function claimSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 23, 59);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await settings({});
  });
  afterEach(async () => opened.close());

  const settings = (changes: Partial<AccountSettings>) =>
    ledger.batches.putAccounts([accountSettings(changes)]);
  const start = (count: number, changes: Partial<AcceptedRun> = {}, batch = 'fox') =>
    startBatch(ledger, batch, plannedShots(count), changes);
  const claim = (range: Range, window = 100) => ledger.claims.claim(range, { ...options, window });
  const cap = (amount: number) => [{ account, unit: 'credits', cap: amount } as const];
  const stopped = (reason: object) => ({ kind: 'stopped', reason, endsInMs: null });

  it('grants nothing to shots that are to wait, and binds what is paid for all the same', async () => {
    const range = await start(2);
    const except = ['one/shot-0000'];
    const claimExcept = (of: Range) => ledger.claims.claim(of, { ...options, except });
    expect((await claimExcept(range)).granted.map(({ key }) => key)).toEqual(['one/shot-0001']);
    expect(await claimExcept(range)).toMatchObject({ granted: [], open: 1, next: { kind: 'go' } });
    await claimOne(ledger, await start(1, {}, 'owl'));
    expect(await claimExcept(range)).toMatchObject({ granted: [], attached: 1, open: 0 });
  });

  it('grants in plan order, each with its time to leave', async () => {
    const range = await start(3);
    const answer = await claim(range);
    expect(answer.granted.map(({ key }) => key)).toEqual([
      'one/shot-0000',
      'one/shot-0001',
      'one/shot-0002',
    ]);
    expect(answer.granted[0]).toMatchObject({ attempt: 1, sendWithinMs: 5_000 });
    expect(answer).toMatchObject({ attached: 0, open: 0, bound: 3, next: { kind: 'go' } });
    expect(await claim(range)).toMatchObject({ granted: [], bound: 3, next: { kind: 'go' } });
  });

  it('grants nothing to another run than the current one', async () => {
    const old = await start(2);
    await start(2);
    expect(await claim(old)).toMatchObject({
      granted: [],
      next: stopped({ kind: 'superseded' }),
    });
  });

  it.each(['paused', 'cancelled'] as const)(
    'attaches but grants nothing while %s',
    async (state) => {
      await claimOne(ledger, await start(1, {}, 'owl'));
      const range = await start(2);
      expect(await ledger.batches.setState('fox', state, ['running'])).toBe(true);
      expect(await ledger.batches.setState('fox', state, ['running'])).toBe(false);
      expect(await claim(range)).toMatchObject({
        granted: [],
        attached: 1,
        open: 1,
        bound: 1,
        next: stopped({ kind: state }),
      });
    },
  );

  it('pays equal shots of one claim once', async () => {
    const shots = [0, 1].map((number) => plannedShot(number, { fingerprint: 'same' }));
    const answer = await claim(await startBatch(ledger, 'fox', shots));
    expect(answer).toMatchObject({ attached: 1, bound: 2 });
    expect(answer.granted).toHaveLength(1);
  });

  it('takes saved outputs at once, and calls them cached', async () => {
    const shots = [0, 1].map((number) => plannedShot(number, { fingerprint: 'same' }));
    const range = await startBatch(ledger, 'fox', shots);
    await ledger.batches.setState('fox', 'paused', ['running']);
    const other = await startBatch(ledger, 'owl', [plannedShot(0, { fingerprint: 'same' })]);
    await finish(ledger, await claimOne(ledger, other));
    expect(await claim(range)).toMatchObject({ granted: [], attached: 2, open: 0, bound: 0 });
    expect(await ledger.reports.shot('fox', shots[0]?.key ?? '')).toMatchObject({
      state: 'done',
      cached: true,
    });
  });

  describe('blocks', () => {
    it.each(['noFunds', 'badKey', 'forbidden', 'unreachable'] as const)(
      'stop for %s until a person resumes or runs again',
      async (block) => {
        const range = await start(1);
        await ledger.submissions.block(account, null, block, null);
        expect((await claim(range)).next).toEqual(stopped({ kind: 'block', block, account }));
        await ledger.batches.setState('fox', 'paused', ['running']);
        await ledger.batches.setState('fox', 'running', ['paused']);
        expect((await claim(range)).granted).toHaveLength(1);
        await ledger.submissions.block(account, null, block, null);
        expect((await claim(await start(2))).granted).toHaveLength(1);
      },
    );

    it('of a limit are waited for and end by themselves', async () => {
      const range = await start(1);
      await ledger.submissions.block(account, null, 'limited', now + 3_000);
      await ledger.submissions.block(account, null, 'limited', now + 2_000);
      expect((await claim(range)).next).toEqual({ kind: 'wait', ms: 3_000 });
      now += 3_000;
      expect((await claim(range)).granted).toHaveLength(1);
    });

    it('say when they end by themselves, and of several the one that lasts longest', async () => {
      const range = await start(1);
      const blocked = (block: string, endsInMs: number) => ({
        ...stopped({ kind: 'block', block, account }),
        endsInMs,
      });
      await ledger.submissions.block(account, null, 'circuitOpen', now + 3_000);
      expect((await claim(range)).next).toEqual(blocked('circuitOpen', 3_000));
      await ledger.submissions.block(account, null, 'noFunds', now + 9_000);
      expect((await claim(range)).next).toEqual(blocked('noFunds', 9_000));
      await ledger.submissions.block(account, null, 'limited', now + 12_000);
      expect((await claim(range)).next).toEqual({ kind: 'wait', ms: 12_000 });
      now += 12_000;
      expect((await claim(range)).granted).toHaveLength(1);
    });

    it('of one model leave the others alone', async () => {
      const slow = plannedShot(0);
      const shots = [{ ...slow, request: { ...slow.request, model: 'slow' } }, plannedShot(1)];
      const range = await startBatch(ledger, 'fox', shots);
      await ledger.submissions.block(account, 'slow', 'forbidden', null);
      const answer = await claim(range);
      expect(answer.granted.map(({ key }) => key)).toEqual(['one/shot-0001']);
      expect(answer.next).toEqual(stopped({ kind: 'block', block: 'forbidden', account }));
    });
  });

  describe('places', () => {
    it('are as many as jobs may be in flight; a request that ended without an answer leaves its own', async () => {
      await settings({ inFlight: 2 });
      const range = await start(4);
      const { granted } = await claim(range);
      expect(granted).toHaveLength(2);
      const [first, second] = granted.map(({ submission }) => submission);
      await ledger.submissions.submitted(first ?? '', {}, 'j', times);
      expect((await claim(range)).next).toMatchObject({ kind: 'wait' });
      await ledger.submissions.ambiguous(second ?? '', 'reset');
      expect((await claim(range)).granted).toHaveLength(1);
      expect((await claim(range)).next).toMatchObject({ kind: 'wait' });
    });

    it('are as many as the window has', async () => {
      const range = await start(5);
      const { granted } = await claim(range, 2);
      expect(granted).toHaveLength(2);
      expect((await claim(range, 2)).next).toMatchObject({ kind: 'wait' });
      await ledger.submissions.submitted(granted[0]?.submission ?? '', {}, 'j', times);
      expect((await claim(range, 2)).granted).toHaveLength(1);
    });
  });

  it('stops beyond maxFailures', async () => {
    const policy = { ...acceptedRun('fox').policy, maxFailures: 1 };
    const range = await start(3, { policy });
    await ledger.submissions.rejected(await claimOne(ledger, range), '400', 'fail');
    await ledger.submissions.rejected(await claimOne(ledger, range), '400', 'fail');
    expect((await claim(range)).next).toEqual(stopped({ kind: 'maxFailures' }));
    expect((await claim(await start(3, { policy }))).granted).toHaveLength(3);
  });

  describe('the rate', () => {
    it('spaces slow accounts evenly', async () => {
      await settings({ perMinute: 10 });
      const range = await start(3);
      const answer = await claim(range);
      expect(answer.granted).toHaveLength(1);
      expect(answer.next).toEqual({ kind: 'wait', ms: 6_100 });
      now += 6_099;
      expect((await claim(range)).next).toEqual({ kind: 'wait', ms: 1 });
      now += 1;
      expect((await claim(range)).granted).toHaveLength(1);
    });

    it('is shared with free calls where the vendor counts them, by turns', async () => {
      await settings({ perMinute: 10 });
      const call = () => ledger.claims.takeCallSlot(account);
      const range = await start(3);
      expect((await claim(range)).granted).toHaveLength(1);
      expect(await call()).toBe(6_100);
      now += 6_100;
      // A call waits, and the last slot was a claim's.
      expect((await claim(range)).granted).toHaveLength(0);
      expect(await call()).toBe(0);
      now += 250;
      expect((await claim(range)).next).toEqual({ kind: 'wait', ms: 5_850 });
      now += 5_850;
      expect(await call()).toBeGreaterThan(0);
      expect((await claim(range)).granted).toHaveLength(1);
      now += 60_000;
      expect(await call()).toBe(0);
    });

    it('blocks free calls as long as claims after the vendor refused one', async () => {
      await ledger.submissions.block(account, null, 'limited', now + 30_000);
      expect(await ledger.claims.takeCallSlot(account)).toBe(30_000);
      now += 30_000;
      expect(await ledger.claims.takeCallSlot(account)).toBe(0);
    });

    it('gives fast accounts bursts within the minute’s limit', async () => {
      await settings({ perMinute: 300 });
      const range = await start(400);
      let granted = 0;
      for (const end = now + 60_000; now < end;) {
        const answer = await claim(range, 1_000);
        granted += answer.granted.length;
        now += answer.next.kind === 'wait' ? answer.next.ms : 1;
      }
      expect(granted).toBeGreaterThan(290);
      expect(granted).toBeLessThanOrEqual(300);
    });
  });

  describe('budgets', () => {
    it('stop at the batch’s cap, over all its runs, and go on when it is raised', async () => {
      const first = await start(2, { budget: cap(2_000) });
      await finish(ledger, await claimOne(ledger, first));
      const range = await start(4, { budget: cap(2_000) });
      const answer = await claim(range);
      expect(answer.granted).toHaveLength(1);
      expect(answer.next).toEqual(stopped({ kind: 'budget', scope: 'batch', account }));
      await ledger.batches.noteStop(range, { kind: 'budget', scope: 'batch', account });
      await ledger.batches.setBudget('fox', account, 'credits', 3_000);
      expect((await ledger.reports.status('fox'))?.stops).toEqual([]);
      expect((await claim(range)).granted).toHaveLength(1);
    });

    it.each([
      ['day', Date.UTC(2026, 1, 1)],
      ['month', Date.UTC(2026, 1, 1)],
    ] as const)(
      'stop at the account’s cap of the %s and go on in the next',
      async (period, next) => {
        await settings({ budget: { amount: 1_000, period } });
        const range = await start(3);
        const answer = await claim(range);
        expect(answer.granted).toHaveLength(1);
        expect(answer.next).toEqual(stopped({ kind: 'budget', scope: 'account', account }));
        now = next;
        expect((await claim(range)).granted).toHaveLength(1);
      },
    );

    it('hold each cap of the projects that have unfinished batches, whoever set theirs last', async () => {
      const [one, two] = ['/one', '/two'];
      await settings({ project: one, budget: { amount: 2_000, period: 'day' }, inFlight: 1 });
      await settings({ project: two, inFlight: 50, perMinute: 600 });
      const hens = await startBatch(ledger, 'hen', plannedShots(4), { project: two });
      const foxes = await startBatch(ledger, 'fox', [plannedShot(9)], { project: one });
      // Another program of project two says what it allows once more.
      await settings({ project: two, inFlight: 50, budget: { amount: 9_000, period: 'ever' } });
      const submission = await claimOne(ledger, hens);
      expect((await claim(hens)).next).toEqual({ kind: 'wait', ms: 500 });
      await finish(ledger, submission);
      await finish(ledger, await claimOne(ledger, foxes));
      const over = stopped({ kind: 'budget', scope: 'account', account });
      expect((await claim(hens)).next).toEqual(over);
      const { accounts = [] } = (await ledger.reports.status('hen')) ?? {};
      expect(accounts).toMatchObject([{ account, cap: 2_000 }]);
      await ledger.batches.finishRun('fox', foxes.run, 'complete');
      expect((await claim(hens)).granted).toHaveLength(3);
    });

    it('count for a batch once it is of the project that sets them', async () => {
      const foxes = await start(3);
      await settings({ project: '/one', budget: { amount: 1_000, period: 'ever' } });
      await ledger.batches.setProject('fox', '/one');
      expect(await ledger.batches.get('fox')).toMatchObject({ project: '/one' });
      expect((await claim(foxes)).granted).toHaveLength(1);
    });

    it('stay as they are when a command only names the account', async () => {
      await settings({ budget: { amount: 1_000, period: 'ever' } });
      const range = await start(3);
      await ledger.batches.addAccounts([accountSettings()]);
      expect((await claim(range)).granted).toHaveLength(1);
    });

    it('count what was spent before the account had a cap', async () => {
      await finish(ledger, await claimOne(ledger, await start(1, {}, 'owl')));
      await settings({ budget: { amount: 1_999, period: 'ever' } });
      const answer = await claim(await startBatch(ledger, 'fox', [plannedShot(1)]));
      expect(answer.next).toEqual(stopped({ kind: 'budget', scope: 'account', account }));
    });

    it('never spend more than was accepted with the run, and nothing where nothing was', async () => {
      const answer = await claim(await start(3, { accepted: cap(1_999) }));
      expect(answer.granted).toHaveLength(1);
      const reason = { kind: 'budget', scope: 'accepted', account };
      expect(answer.next).toEqual(stopped(reason));
      expect((await claim(await start(3, { accepted: [] }))).next).toEqual(stopped(reason));
    });

    it('let what is free pass', async () => {
      const price = { amount: 0, unit: 'credits', basis: 'exact' } as const;
      const range = await startBatch(ledger, 'fox', plannedShots(2, { price }), {
        accepted: [],
      });
      expect((await claim(range)).granted).toHaveLength(2);
    });

    it('refuse unknown prices unless they were accepted and nothing is capped', async () => {
      const price = { amount: null, unit: 'credits', basis: 'unknown' } as const;
      const run = (changes: Partial<AcceptedRun>) =>
        startBatch(ledger, 'fox', plannedShots(1, { price }), changes);
      const unknown = stopped({ kind: 'unknownPrice', account });
      expect((await claim(await run({}))).next).toEqual(unknown);
      const capped = await run({ unknownPrices: true, budget: cap(9_000) });
      expect((await claim(capped)).next).toEqual(unknown);
      expect((await claim(await run({ unknownPrices: true }))).granted).toHaveLength(1);
    });
  });

  describe('the gate', () => {
    const gate = ({ batch, run }: Range) => ledger.claims.closed({ batch, run, account });

    it('says what keeps every request out, before one is made', async () => {
      const range = await start(1);
      expect(await gate(range)).toBeUndefined();
      await ledger.submissions.block(account, 'quick', 'forbidden', now + 60_000);
      expect(await gate(range)).toBeUndefined();
      await ledger.submissions.block(account, null, 'badKey', now + 60_000);
      const reason = { kind: 'block', block: 'badKey', account };
      expect(await gate(range)).toEqual({ kind: 'stopped', reason, endsInMs: 60_000 });
      await ledger.batches.setState(range.batch, 'paused', ['running']);
      expect(await gate(range)).toEqual(stopped({ kind: 'paused' }));
      expect(await gate({ ...range, run: 2 })).toEqual(stopped({ kind: 'superseded' }));
    });
  });

  describe('a training', () => {
    const train = (range: Range) =>
      ledger.claims.claimTraining(
        {
          batch: range.batch,
          run: range.run,
          account,
          fingerprint: 'set',
          price: { amount: 500, unit: 'credits', basis: 'exact' },
          key: 'train/anna',
        },
        options,
      );

    it('is paid once, whoever asks, and again when it failed', async () => {
      const range = await start(1);
      const { granted } = await train(range);
      expect(granted).toMatchObject([{ key: 'train/anna', attempt: 1 }]);
      expect(await train(range)).toMatchObject({ granted: [], attached: 1 });
      const id = granted[0]?.submission ?? '';
      await ledger.remotes.leaseModel(account, 'set', 'me', 1_000);
      expect(await ledger.remotes.model(account, 'set')).toMatchObject({
        phase: 'creating',
        trigger: { submission: id, state: 'claimed' },
      });
      await ledger.submissions.submitted(id, {}, 'set', times);
      await ledger.submissions.failed(id, { reason: 'bad', refunded: true, billed: null });
      const again = (await train(range)).granted[0]?.submission ?? '';
      await ledger.submissions.submitted(again, {}, 'set-2', times);
      expect(await ledger.submissions.succeeded(again, { outputs: [], billed: null })).toBe(true);
      expect(await train(range)).toMatchObject({ granted: [], attached: 1 });
    });
  });
}
