import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import { noLane } from '../../../src/ledger/rules/lane-name.ts';
import {
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
  keyHash,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

/** How files are refused, damaged, lost and found. */
export function outputSuite(open: Open): void {
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
    await ledger.submissions.succeeded(id, oneOutput);
  });
  afterEach(async () => opened.close());

  const due = () => ledger.submissions.due(range, { leaseMs: 1, limit: 9, settleMs: 0 });
  const shotOf = (batch = 'fox') => ledger.reports.shot(batch, 'one/shot-0000');
  const submissionOf = async (batch = 'fox') =>
    (await everything(ledger.reports.submissions(batch)))[0];
  const minute = 60_000;
  const refuse = (isGone = false, inMs = 10 * minute) =>
    ledger.submissions.refuseOutput(id, 0, { inMs, why: 'refused', isGone });

  it('measures for how long an output has been refused, whatever else was tried meanwhile', async () => {
    expect(await refuse()).toEqual({ forMs: 0, goneAnswers: 0, goneForMs: 0 });
    now += 5 * minute;
    await ledger.submissions.delayOutput(id, 0, 0, 'offline');
    expect(await refuse()).toMatchObject({ forMs: 5 * minute });
    now += 10 * minute;
    expect((await due()).downloads).toMatchObject([{ tries: 3 }]);
    await ledger.submissions.loseOutput(id, 0, 'gone');
    expect(await refuse()).toBeUndefined();
  });

  it('counts no more between two refusals than the pause that follows, nor less than nothing', async () => {
    await refuse();
    now += 24 * 60 * minute;
    expect(await refuse()).toMatchObject({ forMs: 10 * minute });
    now -= 12 * 60 * minute;
    expect(await refuse()).toMatchObject({ forMs: 10 * minute });
  });

  it('counts a night in which the machine slept between two refusals as what it would have waited', async () => {
    await refuse(true, 500);
    now += 500;
    await refuse(true, 1_000);
    now += 8 * 60 * minute;
    await refuse(true, 2_000);
    now += 2_000;
    expect(await refuse(true, 4_000)).toEqual({ forMs: 4_500, goneAnswers: 4, goneForMs: 4_500 });
  });

  it('measures apart for how long the vendor has said that it has the file no longer', async () => {
    await refuse();
    now += minute;
    expect(await refuse(true)).toEqual({ forMs: minute, goneAnswers: 1, goneForMs: 0 });
    now += minute;
    expect(await refuse(true)).toEqual({ forMs: 2 * minute, goneAnswers: 2, goneForMs: minute });
    expect(await refuse()).toMatchObject({ goneAnswers: 0, goneForMs: 0 });
  });

  it('tells for how long the same damaged bytes have come', async () => {
    const note = (sha256: string) => ledger.submissions.noteDamaged(id, 0, sha256);
    expect(await note('aa')).toBeUndefined();
    now += 7;
    expect(await note('aa')).toBe(7);
    expect(await note('bb')).toBeUndefined();
    expect(await note('aa')).toBeUndefined();
    now -= 1_000;
    expect(await note('aa')).toBeUndefined();
    now += 5;
    expect(await note('aa')).toBe(5);
  });

  it('marks a damaged file wherever it is shown, until a shot shows another', async () => {
    await ledger.submissions.delayOutput(id, 0, 5, 'answered 403');
    expect(await ledger.reports.fileNotes('fox')).toEqual([
      {
        key: 'one/shot-0000',
        index: 0,
        state: 'unfetched',
        why: 'answered 403',
        tries: 1,
        nextAt: now + 5,
      },
    ]);
    await ledger.submissions.saveOutput(id, 0, { ...file('aa'), damaged: 'it ends early' });
    expect(await shotOf()).toMatchObject({
      state: 'done',
      outputs: [{ damaged: 'it ends early' }],
    });
    expect(await submissionOf()).toMatchObject({ outputs: [{ damaged: 'it ends early' }] });
    expect(await ledger.reports.fileNotes('fox')).toMatchObject([
      { key: 'one/shot-0000', state: 'damaged', why: 'it ends early', nextAt: null },
    ]);
    expect((await ledger.reports.status('fox'))?.steps).toMatchObject([{ outputs: 1, damaged: 1 }]);
    const twin = await startBatch(ledger, 'owl', [plannedShot(0)]);
    expect(await ledger.reports.fileNotes(twin.batch)).toMatchObject([{ state: 'damaged' }]);
    await startBatch(ledger, 'fox', [plannedShot(0, { fingerprint: 'other' })]);
    expect(await ledger.reports.fileNotes('fox')).toEqual([]);
  });

  const lose = () => ledger.submissions.loseOutput(id, 0, 'answered 404');
  const lostIn = async (of: Range) =>
    (await ledger.submissions.lostOutputs({ range: of })).map(({ submission }) => submission);
  const orphans = (): Range => ({ ...range, lane: noLane, from: 0, to: 0 });

  it('offers a lost file to whoever would pay for it again, and tells how it was asked for', async () => {
    await lose();
    now += 2 * 60 * minute;
    const expected = [
      { submission: id, index: 0, account, key: 'one/shot-0000', job: { id: 'j' }, makes: 'image' },
    ];
    const { submissions } = ledger;
    expect(await submissions.lostOutputs({ batch: 'fox' })).toMatchObject(expected);
    const fingerprints = ['fp-0', 'fp-9'];
    expect(await submissions.lostOutputs({ account, fingerprints })).toMatchObject(expected);
    expect(await submissions.lostOutputs({ account: 'other', fingerprints })).toEqual([]);
    expect(await submissions.lostOutputs({ batch: 'owl' })).toEqual([]);
    const owl = await startBatch(ledger, 'owl', plannedShots(2));
    expect(await lostIn(owl)).toEqual([id]);
    expect(await lostIn({ ...owl, from: 1 })).toEqual([]);
  });

  it('offers it once a run, counting what was asked within the hour before', async () => {
    await lose();
    now += 2 * 60 * minute;
    await ledger.submissions.askedOutput(id, 0, 'answered 404 again');
    expect(await submissionOf()).toMatchObject({ outputs: [{ why: 'answered 404 again' }] });
    now += 59 * minute;
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    expect(await lostIn(range)).toEqual([]);
    now += 2 * minute;
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    expect(await lostIn(range)).toEqual([id]);
    await ledger.submissions.askedOutput(id, 0, 'answered 404');
    now += 24 * 60 * minute;
    expect(await lostIn(range)).toEqual([]);
  });

  it('offers it outside all lanes where no running batch waits for it, once an hour', async () => {
    await lose();
    now += 2 * 60 * minute;
    expect(await lostIn(orphans())).toEqual([]);
    await ledger.batches.finishRun('fox', 1, 'incomplete');
    expect(await lostIn(orphans())).toEqual([id]);
    await ledger.submissions.askedOutput(id, 0, 'answered 404');
    expect(await lostIn(orphans())).toEqual([]);
  });

  it('does what waits for a lost file when it is found, at no cost, in whichever batch', async () => {
    await lose();
    const owl = await startBatch(ledger, 'owl', [plannedShot(0)]);
    expect(await shotOf()).toMatchObject({ state: 'failed' });
    const { endedAt } = (await submissionOf()) ?? {};
    now += minute;
    expect(await ledger.submissions.recoverOutput(id, 0, file('aa'))).toBe(true);
    expect(await ledger.submissions.recoverOutput(id, 0, file('bb'))).toBe(false);
    expect(await submissionOf()).toMatchObject({ state: 'succeeded', endedAt, why: null });
    for (const batch of ['fox', 'owl'])
      expect(await shotOf(batch)).toMatchObject({ state: 'done', outputs: [{ sha256: 'aa' }] });
    expect(await ledger.plans.lookup(account, ['fp-0'])).toEqual(new Map([['fp-0', 'cached']]));
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
    expect((await ledger.reports.status('fox'))?.accounts).toMatchObject([{ lost: 0 }]);
    expect(
      await ledger.claims.claim(owl, { window: 1, postTimeoutMs: 1, worker: 'w', keyHash }),
    ).toMatchObject({
      granted: [],
      open: 0,
    });
    expect(await ledger.reports.knownFiles('owl', 'one/shot-0000')).toEqual(['aa']);
  });

  it('keeps a submission lost until its last file is found', async () => {
    range = await startBatch(ledger, 'owl', [plannedShot(1)]);
    id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, { id: 'k' }, 'k', times);
    const outputs = [0, 1].map(() => ({ remote: null, url: 'u', expiresAt: null }));
    await ledger.submissions.succeeded(id, { outputs, billed: null });
    expect(await ledger.remotes.outputs(id)).toEqual([
      { index: 0, remote: null, url: 'u' },
      { index: 1, remote: null, url: 'u' },
    ]);
    for (const index of [0, 1]) await ledger.submissions.loseOutput(id, index, 'answered 404');
    expect(await ledger.submissions.recoverOutput(id, 1, file('bb'))).toBe(true);
    expect(await submissionOf('owl')).toMatchObject({ state: 'lost' });
    expect(await ledger.submissions.lostOutputs({ batch: 'owl' })).toMatchObject([{ index: 0 }]);
    await ledger.submissions.recoverOutput(id, 0, file('aa'));
    expect(await ledger.reports.shot('owl', 'one/shot-0001')).toMatchObject({ state: 'done' });
  });

  it('collects one that was paid for again meanwhile beside the other', async () => {
    await lose();
    now += 1;
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    const second = await claimOne(ledger, range);
    await finish(ledger, second, 'bb');
    expect(await ledger.submissions.recoverOutput(id, 0, file('aa'))).toBe(true);
    expect(await submissionOf()).toMatchObject({ submission: id, state: 'succeeded' });
    expect(await shotOf()).toMatchObject({ submission: second, outputs: [{ sha256: 'bb' }] });
    const unshown = await everything(ledger.reports.unshown('fox'));
    expect(unshown).toMatchObject([{ outputs: [{ sha256: 'aa' }] }]);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 2_000 });
  });
}
