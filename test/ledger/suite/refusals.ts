import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger, Range, SubmissionRow } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  finish,
  money,
  plannedShot,
  plannedShots,
  startBatch,
  times,
  keyHash,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

/** A vendor that refuses the same request again and again. */
export function refusalSuite(open: Open): void {
  const start = Date.UTC(2026, 0, 1);
  let now: number;
  let opened: OpenLedger;
  let ledger: Ledger;
  let fox: Range;
  beforeEach(async () => {
    now = start;
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    fox = await startBatch(ledger, 'fox', plannedShots(1));
  });
  afterEach(async () => opened.close());

  const rows = (batch = 'fox'): Promise<readonly SubmissionRow[]> =>
    everything(ledger.reports.submissions(batch));
  const refuse = async (why = 'too many', range = fox): Promise<string> => {
    const id = await claimOne(ledger, range);
    now += 1_000;
    expect(await ledger.submissions.rejected(id, why, 'reopen')).toBe(true);
    return id;
  };

  it('is told once, with how often and until when, and its money is free', async () => {
    for (let time = 0; time < 12; time++) await refuse();
    expect(await rows()).toMatchObject([
      {
        state: 'rejected',
        refusals: 12,
        why: 'too many',
        claimedAt: start,
        endedAt: start + 12_000,
      },
    ]);
    expect(await money(ledger, 'fox')).toEqual({
      reserved: 0,
      spent: 0,
      refunded: 0,
      ambiguous: 0,
    });
    const [shot] = await everything(ledger.reports.shots('fox'));
    expect(shot).toMatchObject({ state: 'open', submission: null, tries: 0 });
  });

  it('is told again when it says something else, or another thing happened in between', async () => {
    await refuse();
    await refuse();
    await refuse('no such model');
    await refuse();
    const reported = (await rows()).map(({ why, refusals }) => [why, refusals]);
    expect(reported.toSorted()).toEqual([
      ['no such model', 1],
      ['too many', 1],
      ['too many', 2],
    ]);
  });

  it('is told again in another run and in another batch', async () => {
    await refuse();
    fox = await startBatch(ledger, 'fox', plannedShots(1));
    await refuse();
    const hen = await startBatch(ledger, 'hen', [plannedShot(0)]);
    await refuse('too many', hen);
    expect((await rows()).map(({ refusals }) => refusals)).toEqual([1, 1]);
    expect((await rows('hen')).map(({ refusals }) => refusals)).toEqual([1]);
  });

  it('is told beside the request that got through at last', async () => {
    await refuse();
    await refuse();
    const id = await claimOne(ledger, fox);
    await finish(ledger, id);
    expect((await rows()).map(({ state, refusals }) => [state, refusals])).toEqual([
      ['rejected', 2],
      ['succeeded', 1],
    ]);
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 1_000 });
  });

  it('is counted for trainings as well', async () => {
    const training = {
      batch: 'fox',
      run: fox.run,
      account,
      fingerprint: 'set',
      price: { amount: 300, unit: 'credits', basis: 'assumed' } as const,
      key: 'train/anna',
    };
    const options = { window: 1, postTimeoutMs: 60_000, worker: 'test', keyHash };
    for (let time = 0; time < 3; time++) {
      const { granted } = await ledger.claims.claimTraining(training, options);
      await ledger.submissions.rejected(granted[0]?.submission ?? '', 'too many', 'reopen');
      now += 1_000;
    }
    expect(await rows()).toMatchObject([{ operation: 'train', refusals: 3 }]);
  });

  it('of a request that is refused for good keeps a row of its own', async () => {
    await refuse();
    const id = await claimOne(ledger, fox);
    await ledger.submissions.rejected(id, 'too many', 'fail');
    expect((await rows()).map(({ refusals }) => refusals)).toEqual([1, 1]);
  });

  it('does not compete with a later request, however long it was refused', async () => {
    await refuse();
    now += 600_000;
    await refuse();
    const id = await claimOne(ledger, fox);
    expect(await ledger.submissions.competing(id, 60_000)).toEqual([]);
  });

  it('leaves the first one to a job that turns up for it', async () => {
    const first = await refuse();
    await refuse();
    expect(await ledger.submissions.lateJob(first, {}, 'job', times)).toBe(true);
    expect(await rows()).toMatchObject([{ state: 'submitted', jobId: 'job', refusals: 2 }]);
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000 });
  });
}
