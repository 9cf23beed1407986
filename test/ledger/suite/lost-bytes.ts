import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import { noLane } from '../../../src/ledger/rules/lane-name.ts';
import {
  account,
  accountSettings,
  claimOne,
  file,
  finish,
  money,
  options,
  plannedShot,
  startBatch,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

/** Bytes that were saved and are gone from this machine. */
export function lostBytesSuite(open: Open): void {
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
    await finish(ledger, id, 'a');
    await ledger.batches.finishRun('fox', range.run, 'complete');
    now += 1_000;
  });
  afterEach(async () => opened.close());

  const gone = { sha256: 'a', why: 'its blob is missing' };
  const shot = () => ledger.reports.shot('fox', 'one/shot-0000');
  const due = () =>
    ledger.submissions.due(
      { ...range, lane: noLane, from: 0, to: 0 },
      { leaseMs: 10_000, limit: 10, settleMs: 0 },
    );
  const lose = async (): Promise<void> => {
    await ledger.submissions.fetchAgain(id, 0, gone);
    await ledger.submissions.loseOutput(id, 0, 'the vendor no longer has the file');
  };

  it('are fetched once more, in no lane, and nothing is paid or claimed for them', async () => {
    const before = await money(ledger, 'fox');
    expect(await ledger.submissions.fetchAgain(id, 0, gone)).toBe(true);
    expect(await shot()).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([account]);
    expect(await ledger.reports.uncollected('fox')).toMatchObject([{ jobs: 0, files: 1 }]);
    expect(await ledger.plans.lookup(account, ['fp-0'])).toEqual(new Map([['fp-0', 'inFlight']]));
    expect((await due()).downloads).toMatchObject([{ submission: id, index: 0, tries: 0 }]);
    now += 1_000;
    await ledger.submissions.saveOutput(id, 0, file('a'));
    expect(await shot()).toMatchObject({ state: 'done' });
    expect(await money(ledger, 'fox')).toEqual(before);
    expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([]);
  });

  it('are the same file when they come again: it was saved when it was saved first', async () => {
    const before = (await shot())?.outputs;
    await ledger.submissions.fetchAgain(id, 0, gone);
    now += 60_000;
    await ledger.submissions.saveOutput(id, 0, file('a'));
    expect((await shot())?.outputs).toEqual(before);
    await ledger.submissions.fetchAgain(id, 0, gone);
    await ledger.submissions.saveOutput(id, 0, file('b'));
    expect((await shot())?.outputs).toMatchObject([{ sha256: 'b', savedAt: now }]);
    expect(await ledger.reports.knownFiles('fox', 'one/shot-0000')).toEqual(['a', 'b']);
  });

  it('are lost by no refusal, nor taken for damaged, by what came before they were here', async () => {
    const { submissions } = ledger;
    const [refusal, isGone] = [{ inMs: 600_000, why: 'refused' }, true];
    const refuse = () => submissions.refuseOutput(id, 0, { ...refusal, isGone });
    const first = { forMs: 0, goneAnswers: 1, goneForMs: 0 };
    const refuseForLong = async (): Promise<void> => {
      expect(await refuse()).toEqual(first);
      await submissions.noteDamaged(id, 0, 'half');
      now += 600_000;
      expect(await refuse()).toMatchObject({ forMs: 600_000, goneAnswers: 2 });
    };
    await submissions.fetchAgain(id, 0, gone);
    await refuseForLong();
    await submissions.saveOutput(id, 0, file('a'));
    await submissions.fetchAgain(id, 0, gone);
    await refuseForLong();
    await submissions.loseOutput(id, 0, 'refused');
    await submissions.recoverOutput(id, 0, file('a'));
    await submissions.fetchAgain(id, 0, gone);
    await refuseForLong();
    await submissions.foundOutput(id, 0, 'a');
    await submissions.fetchAgain(id, 0, gone);
    expect(await submissions.noteDamaged(id, 0, 'half')).toBeUndefined();
    expect(await refuse()).toEqual(first);
  });

  it('are asked for once, and not when other bytes are saved by now', async () => {
    expect(await ledger.submissions.fetchAgain(id, 0, { ...gone, sha256: 'b' })).toBe(false);
    expect(await ledger.submissions.fetchAgain(id, 0, gone)).toBe(true);
    expect(await ledger.submissions.fetchAgain(id, 0, gone)).toBe(false);
  });

  it('are waited for by the shots of every batch that shows them', async () => {
    const hen = await startBatch(ledger, 'hen', [plannedShot(0)]);
    const seen = () => ledger.reports.shot('hen', 'one/shot-0000');
    expect(await seen()).toMatchObject({ state: 'done', submission: id });
    await ledger.submissions.fetchAgain(id, 0, gone);
    expect(await seen()).toMatchObject({ state: 'bound', submission: id });
    expect(await ledger.submissions.accountsWithOrphans('hen')).toEqual([account]);
    const claimed = await ledger.claims.claim({ ...hen, to: 1 }, options);
    expect(claimed.granted).toEqual([]);
    await ledger.submissions.saveOutput(id, 0, file('a'));
    expect(await seen()).toMatchObject({ state: 'done' });
  });

  it('keep a new run from paying, which waits for them in its lane', async () => {
    await ledger.submissions.fetchAgain(id, 0, gone);
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    expect(range.to).toBe(1);
    expect((await ledger.claims.claim(range, options)).granted).toEqual([]);
    const taken = { leaseMs: 10_000, limit: 10, settleMs: 0 };
    expect((await ledger.submissions.due(range, taken)).downloads).toMatchObject([
      { submission: id },
    ]);
  });

  it('are lost when the vendor no longer has them: the money stays spent', async () => {
    await lose();
    expect(await shot()).toMatchObject({ state: 'failed', submissionState: 'lost' });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
    expect(await ledger.plans.lookup(account, ['fp-0'])).toEqual(new Map([['fp-0', 'lost']]));
  });

  it('are done again when they are found on this machine, before and after they were lost', async () => {
    await ledger.submissions.fetchAgain(id, 0, gone);
    expect(await ledger.submissions.foundOutput(id, 0, 'b')).toBe(false);
    expect(await ledger.submissions.foundOutput(id, 0, 'a')).toBe(true);
    expect(await shot()).toMatchObject({ state: 'done', outputs: [{ state: 'saved' }] });
    await lose();
    const ended = async () => (await everySubmission())[0]?.endedAt;
    const before = await ended();
    now += 5_000;
    expect(await ledger.submissions.foundOutput(id, 0, 'a')).toBe(true);
    expect(await shot()).toMatchObject({ state: 'done', submissionState: 'succeeded' });
    expect(await ended()).toBe(before);
    expect(await ledger.plans.lookup(account, ['fp-0'])).toEqual(new Map([['fp-0', 'cached']]));
    expect(await ledger.submissions.foundOutput(id, 0, 'a')).toBe(false);
  });

  it('stand beside the file that was paid for in their place', async () => {
    await lose();
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    const second = await claimOne(ledger, range);
    await finish(ledger, second, 'b');
    expect(await ledger.submissions.foundOutput(id, 0, 'a')).toBe(true);
    expect(await shot()).toMatchObject({ state: 'done', submission: second });
    expect((await everySubmission()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 2_000, reserved: 0 });
  });

  it('are known by the outputs that they are', async () => {
    expect(await ledger.remotes.outputsOf('a')).toEqual([{ submission: id, index: 0 }]);
    expect(await ledger.remotes.outputsOf('b')).toEqual([]);
  });

  const everySubmission = async () => await Array.fromAsync(ledger.reports.submissions('fox'));
}
