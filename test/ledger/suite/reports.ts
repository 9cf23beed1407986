import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  file,
  finish,
  oneOutput,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

export function reportSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
  });
  afterEach(async () => opened.close());

  it('counts every shot once', async () => {
    await finish(ledger, await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1))));
    const range = await startBatch(ledger, 'fox', plannedShots(6));
    await finish(ledger, await claimOne(ledger, range));
    await ledger.submissions.rejected(await claimOne(ledger, range), '400', 'fail');
    const parked = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(parked, 'reset');
    await ledger.submissions.park(parked, 'several fit');
    await claimOne(ledger, range);
    const status = await ledger.reports.status('fox');
    expect(status?.steps).toEqual([
      {
        step: 'one',
        total: 6,
        succeeded: 1,
        cached: 1,
        failed: 1,
        parked: 1,
        running: 1,
        waiting: 1,
        partial: 0,
        outputs: 2,
        damaged: 0,
      },
    ]);
  });

  it('names the steps of a stopped batch whose shots are not all planned', async () => {
    const steps = [
      { name: 'one', from: [], pick: 'all' as const },
      { name: 'two', from: ['one'], pick: 'all' as const },
      { name: 'three', from: ['two'], pick: 'approved' as const },
    ];
    const range = await startBatch(ledger, 'fox', plannedShots(2), { steps });
    await finish(ledger, await claimOne(ledger, range));
    const unmade = async () => (await ledger.reports.status('fox'))?.unmade;
    expect(await unmade()).toEqual([]);
    await ledger.batches.setState('fox', 'paused', ['running']);
    const three = { step: 'three', files: 0 };
    expect(await unmade()).toEqual([{ step: 'two', files: 1 }, three]);
    const of = (origin: string) => ({ step: 'two', name: origin, origin });
    await ledger.plans.putShots('fox', 1, [plannedShot(7, of('one/a'))]);
    expect(await unmade()).toEqual([three]);
    await ledger.batches.setState('fox', 'running', ['paused']);
    await finish(ledger, await claimOne(ledger, range));
    await ledger.batches.setState('fox', 'cancelled', ['running']);
    expect(await unmade()).toEqual([{ step: 'two', files: 1 }, three]);
  });

  it('tells which shots have fewer files than were ordered, beside the six counts', async () => {
    const [shot] = plannedShots(1);
    if (!shot) throw new Error('no shot');
    const three = { ...shot, request: { ...shot.request, outputs: 3 } };
    const whole = plannedShots(2)[1] ?? shot;
    const range = await startBatch(ledger, 'fox', [three, whole]);
    const id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, {}, 'job-1', times);
    const [output] = oneOutput.outputs;
    if (!output) throw new Error('no output');
    await ledger.submissions.succeeded(id, { outputs: [output, output], billed: null });
    for (const index of [0, 1]) await ledger.submissions.saveOutput(id, index, file(`${index}`));
    await finish(ledger, await claimOne(ledger, range), 'whole');
    const status = await ledger.reports.status('fox');
    expect(status?.steps).toMatchObject([{ total: 2, succeeded: 2, partial: 1, outputs: 3 }]);
    const partial = await everything(ledger.reports.shots('fox', { partial: true }));
    expect(partial).toMatchObject([{ key: three.key, undelivered: 1, outputs: [{}, {}] }]);
    const rows = await everything(ledger.reports.submissions('fox'));
    expect(rows.find(({ submission }) => submission === id)).toMatchObject({ undelivered: 1 });
  });

  it('counts what is above the order as files like any other', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    const id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, {}, 'job-1', times);
    const outputs = ['a', 'b'].map((remote) => ({ remote, url: null, expiresAt: null }));
    await ledger.submissions.succeeded(id, { outputs, billed: null });
    for (const index of [0, 1]) await ledger.submissions.saveOutput(id, index, file(`${index}`));
    const [shot] = await everything(ledger.reports.shots('fox'));
    expect(shot).toMatchObject({ state: 'done', undelivered: 0 });
    expect(shot?.outputs.map(({ remote }) => remote)).toEqual(['a', 'b']);
  });

  it('reads the shots of one step and account, and lets others have their turn meanwhile', async () => {
    const elsewhere = { account: 'else@https://else.example.test', step: 'two' };
    const { batch, run } = await startBatch(ledger, 'fox', plannedShots(1_200));
    await ledger.plans.putShots(batch, run, plannedShots(3, elsewhere));
    let turns = 0;
    const others = setInterval(() => turns++, 0);
    const all = await everything(ledger.reports.shots('fox'));
    clearInterval(others);
    expect(all).toHaveLength(1_203);
    expect(turns).toBeGreaterThan(0);
    expect(await everything(ledger.reports.shots('fox', elsewhere))).toHaveLength(3);
    expect(await everything(ledger.reports.shots('fox', { step: 'two', account }))).toEqual([]);
  });

  it('counts the changes of each batch apart, so that a new one shows its own', async () => {
    await startBatch(ledger, 'hen', plannedShots(9));
    const { cursor } = await ledger.reports.changes('owl', 'now', 1);
    await startBatch(ledger, 'owl', plannedShots(1));
    expect((await ledger.reports.changes('owl', cursor, 9)).shots).toHaveLength(1);
    const last = await ledger.reports.changes('hen', 'now', 1);
    expect((await ledger.reports.changes('hen', last.cursor, 9)).shots).toEqual([]);
  });

  it('tells each change once, in pages', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(3));
    const first = await ledger.reports.changes('fox', 0, 2);
    const second = await ledger.reports.changes('fox', first.cursor, 2);
    expect([first.shots.length, second.shots.length]).toEqual([2, 1]);
    expect((await ledger.reports.changes('fox', second.cursor, 2)).shots).toEqual([]);
    await finish(ledger, await claimOne(ledger, range));
    const third = await ledger.reports.changes('fox', second.cursor, 9);
    expect(third.shots).toMatchObject([{ key: 'one/shot-0000', outputs: [{ state: 'saved' }] }]);
  });

  it('keeps plans for 30 days and stops until the next run', async () => {
    await ledger.plans.savePlan('p', { shots: 1 });
    now += 29 * 86_400_000;
    expect(await ledger.plans.savedPlan('p')).toEqual({ shots: 1 });
    now += 86_400_000;
    expect(await ledger.plans.savedPlan('p')).toBeUndefined();
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    await ledger.batches.noteStop(range, { kind: 'maxFailures' });
    expect((await ledger.reports.status('fox'))?.stops).toEqual([{ kind: 'maxFailures' }]);
    await startBatch(ledger, 'fox', plannedShots(1));
    expect((await ledger.reports.status('fox'))?.stops).toEqual([]);
  });

  it('keeps why a lane stopped until it has gone on since', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    const stops = async () => (await ledger.reports.status('fox'))?.stops;
    const granted = now++;
    await ledger.batches.noteStop(range, { kind: 'maxFailures' });
    await ledger.batches.clearStop('fox', range.lane, granted);
    expect(await stops()).toEqual([{ kind: 'maxFailures' }]);
    await ledger.batches.clearStop('fox', range.lane, now + 1);
    expect(await stops()).toEqual([]);
  });

  it('stays when it is closed and opened again', async () => {
    await finish(ledger, await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1))));
    await ledger.batches.finishRun('fox', 1, 'done');
    const { id } = ledger;
    ledger = await opened.reopen();
    expect(ledger.id).toBe(id);
    expect(await ledger.batches.get('fox')).toMatchObject({ state: 'finished', run: 1 });
    expect(await ledger.batches.list()).toHaveLength(1);
  });

  it('keeps what only a new plan answers when a person resumes', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(3));
    const { account } = range;
    const lane = (name: string) => ({ ...range, lane: name });
    const { batches, reports } = ledger;
    await batches.noteStop(lane('a'), { kind: 'budget', scope: 'accepted', account });
    await batches.noteStop(lane('b'), { kind: 'unknownPrice', account });
    await batches.noteStop(lane('c'), { kind: 'block', block: 'noFunds', account });
    await batches.noteStop(lane('d'), { kind: 'budget', scope: 'account', account });
    await ledger.batches.clearBlocks('fox');
    const kept = (await reports.status('fox'))?.stops.map(({ kind }) => kind);
    expect(kept?.toSorted()).toEqual(['budget', 'unknownPrice']);
  });

  it('makes the polls due that an outage has put off, when a person resumes', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    const id = await claimOne(ledger, range);
    const { submissions, batches } = ledger;
    await submissions.submitted(id, { id }, 'job', times);
    const due = async () =>
      (await submissions.due(range, { leaseMs: 1, limit: 9, settleMs: 0 })).polls;
    for (const reason of ['limited', 'unreachable'] as const) {
      await submissions.pollAgain(id, 300_000, 'could not connect');
      await submissions.block(account, null, reason, now + 300_000);
      expect(await due()).toEqual([]);
      await batches.clearBlocks('fox');
      expect(await due()).toHaveLength(reason === 'unreachable' ? 1 : 0);
    }
  });

  it('tells what a batch waits for, and until when', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(3));
    const [lost, runs, made] = (await ledger.claims.claim(range, options)).granted.map(
      ({ submission }) => submission,
    ) as [string, string, string];
    const sentAt = now;
    now += 1_000;
    await ledger.submissions.ambiguous(lost, 'reset');
    await ledger.submissions.submitted(runs, { id: 'a' }, 'a', times);
    await ledger.submissions.submitted(made, { id: 'b' }, 'b', times);
    await ledger.submissions.succeeded(made, oneOutput);
    expect(await ledger.reports.waits('fox')).toEqual([
      { kind: 'answer', account, count: 1, since: sentAt, last: now, why: 'reset' },
      { kind: 'job', account, count: 1, since: now, last: now + times.giveUpInMs, why: null },
    ]);
    await ledger.submissions.delayOutput(made, 0, 5_000, 'answered 503');
    const file = { kind: 'file', count: 1, since: now, last: now + 5_000, why: 'answered 503' };
    expect(await ledger.reports.waits('fox')).toContainEqual({ ...file, account });
    expect(await ledger.reports.waits('owl')).toEqual([]);
  });
}
