import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import { noLane } from '../../../src/ledger/rules/lane-name.ts';
import {
  acceptedRun,
  account,
  accountSettings,
  claimOne,
  everything,
  file,
  finish,
  money,
  oneOutput,
  plannedShot,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const day = 86_400_000;

/** What was paid for is found again, whatever became of its shot, its batch and its process. */
export function collectSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  let range: Range;
  let id: string;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, { id: 'j' }, 'j', times);
  });
  afterEach(async () => opened.close());

  const orphans = (): Range => ({ ...range, lane: noLane, from: 0, to: 0 });
  const due = (of = orphans()) =>
    ledger.submissions.due(of, { leaseMs: 10_000, limit: 10, settleMs: 0 });
  const uncollected = async () => await ledger.reports.uncollected('fox');

  it('leaves to a lane what one of its shots waits for', async () => {
    now += 1_000;
    expect(await due()).toMatchObject({ polls: [], open: 0, bound: 0 });
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([]);
    expect(await uncollected()).toMatchObject([{ account, jobs: 1, files: 0, amount: 1_000 }]);
  });

  it('gives a job that its own range has left to any other range of the account', async () => {
    range = await startBatch(ledger, 'fox', plannedShots(2));
    const other = { ...range, from: 1, to: 2 };
    now += 25_000;
    expect(await due(other)).toMatchObject({ polls: [], nextInMs: null, open: 1, bound: 0 });
    now += 10_000;
    expect((await due(other)).polls).toMatchObject([{ submission: id }]);
    expect(await due(other)).toMatchObject({ polls: [], nextInMs: null });
    const options = { leaseMs: 10_000, limit: 10, settleMs: 0, taken: [id] };
    expect(await ledger.submissions.due(other, options)).toMatchObject({ nextInMs: 10_000 });
    await ledger.submissions.succeeded(id, oneOutput);
    expect(await due(other)).toMatchObject({ downloads: [], nextInMs: null });
    now += 35_000;
    expect(await due(other)).toMatchObject({ downloads: [{ submission: id }], open: 1, bound: 0 });
  });

  it.each([
    ['changed', [plannedShot(0, { fingerprint: 'changed' })], ['one']],
    ['left the batch', [plannedShot(7)], ['one']],
    ['left with its step', [], ['two']],
  ])('finds a job days later whose shot %s', async (_, shots, names) => {
    const steps = names.map((name) => ({ name, from: [], pick: 'all' as const }));
    range = await startBatch(ledger, 'fox', shots, { steps });
    now += 3 * day;
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([account]);
    expect(await due()).toMatchObject({ bound: 1, polls: [{ submission: id }] });
    await ledger.submissions.succeeded(id, oneOutput);
    expect(await due()).toMatchObject({ bound: 1, downloads: [{ submission: id }] });
    expect(await uncollected()).toMatchObject([{ jobs: 0, files: 1, amount: 1_000 }]);
    await ledger.submissions.saveOutput(id, 0, file('aa'));
    expect(await due()).toMatchObject({ bound: 0 });
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([]);
    expect(await uncollected()).toEqual([]);
    const [kept, ...others] = await everything(ledger.reports.unshown('fox'));
    expect(others).toEqual([]);
    expect(kept).toMatchObject({
      ...{ key: 'one/shot-0000', step: 'one', name: 'shot-0000', state: 'retired' },
      request: { prompt: 'image 0' },
      outputs: [{ state: 'saved', sha256: 'aa' }],
    });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, reserved: 0 });
  });

  it('counts no shots of steps that the file no longer has', async () => {
    await ledger.batches.startRun(
      acceptedRun('fox', { steps: [{ name: 'two', from: [], pick: 'all' }] }),
    );
    const status = await ledger.reports.status('fox');
    expect(status?.steps).toMatchObject([{ step: 'two', total: 0 }]);
  });

  it('collects for a batch that was cancelled, and shows what its shots show', async () => {
    await ledger.batches.setState('fox', 'cancelled', ['running']);
    await ledger.batches.finishRun('fox', 1, 'cancelled');
    now += day;
    expect(await due(range)).toMatchObject({ bound: 1, polls: [{ submission: id }] });
    await ledger.submissions.succeeded(id, oneOutput);
    await ledger.submissions.saveOutput(id, 0, file('aa'));
    expect(await ledger.reports.shot('fox', 'one/shot-0000')).toMatchObject({ state: 'done' });
    expect(await everything(ledger.reports.unshown('fox'))).toEqual([]);
  });

  it('asks again after a job that was given up as endless', async () => {
    await ledger.submissions.stalled(id, 'no end');
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([account]);
    expect(await ledger.submissions.stalledJobs('fox', account)).toEqual([
      { submission: id, job: { id: 'j' } },
    ]);
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    await ledger.submissions.succeeded(id, oneOutput);
    // Its parked shot was in no lane.
    expect(await due()).toMatchObject({ bound: 1, downloads: [{ submission: id }] });
    await ledger.submissions.saveOutput(id, 0, file('aa'));
    expect(await ledger.reports.shot('fox', 'one/shot-0000')).toMatchObject({ state: 'done' });
  });

  it('fetches the other files of a job one of whose files is lost', async () => {
    const outputs = [0, 1].map(() => ({ remote: null, url: 'u', expiresAt: null }));
    await ledger.submissions.succeeded(id, { outputs, billed: null });
    await ledger.submissions.loseOutput(id, 0, 'gone');
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([account]);
    expect(await due()).toMatchObject({ downloads: [{ submission: id, index: 1 }] });
    await ledger.submissions.saveOutput(id, 1, file('bb'));
    expect(await ledger.reports.shot('fox', 'one/shot-0000')).toMatchObject({ state: 'failed' });
    const status = await ledger.reports.status('fox');
    expect(status?.accounts).toMatchObject([{ spent: 1_000, lost: 1_000 }]);
    expect(await ledger.plans.lookup(account, ['fp-0'])).toEqual(new Map([['fp-0', 'lost']]));
  });

  it('hands out files by when their links end, then by when their jobs ended', async () => {
    const second = await startBatch(ledger, 'fox', plannedShots(2));
    const other = await claimOne(ledger, second);
    await ledger.submissions.submitted(other, { id: 'k' }, 'k', times);
    const endless = { remote: null, url: 'u', expiresAt: null };
    await ledger.submissions.succeeded(other, { outputs: [endless], billed: null });
    now += 1_000;
    const outputs = [endless, { ...endless, expiresAt: now + 60_000 }];
    await ledger.submissions.succeeded(id, { outputs, billed: null });
    const { downloads } = await due(second);
    expect(downloads.map(({ submission, index }) => [submission, index])).toEqual([
      [id, 1],
      [other, 0],
      [id, 0],
    ]);
  });

  it('is late when a file has waited for half the life of its link and was not tried', async () => {
    const lasting = { remote: null, url: 'u', expiresAt: now + 60_000 };
    await ledger.submissions.succeeded(id, { outputs: [lasting], billed: null });
    now += 29_999;
    expect(await due(range)).toMatchObject({ late: false });
    now += 1;
    expect(await due(range)).toMatchObject({ late: true });
    await ledger.submissions.delayOutput(id, 0, 5_000, '503');
    expect(await due(range)).toMatchObject({ late: false });
  });

  it('keeps what vendors say of costs beside its own sums', async () => {
    await ledger.batches.noteBalance('fox', { account, run: 1, moment: 'start', amount: 9_000 });
    now += 1_000;
    await finish(ledger, await claimOne(ledger, await startBatch(ledger, 'owl', [plannedShot(5)])));
    await ledger.submissions.noteListed(account, [
      { jobId: 'j', billed: 1_200 },
      { jobId: 'a stranger', billed: 5 },
    ]);
    const [row] = await everything(ledger.reports.submissions('fox'));
    expect(row).toMatchObject({ listed: 1_200, billed: null, reserved: 1_200, spent: 0 });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_200, spent: 0 });
    expect(await ledger.reports.balances('fox')).toEqual([
      { account, run: 1, moment: 'start', amount: 9_000, at: now - 1_000 },
    ]);
    expect(await ledger.reports.accountUse(account, now - 1_000, now)).toEqual([
      { batch: 'fox', run: 1, amount: 1_200 },
      { batch: 'owl', run: 1, amount: 1_000 },
    ]);
  });
}
