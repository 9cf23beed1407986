import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  file,
  oneOutput,
  options,
  plannedShot,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const key = 'one/shot-0000';
const price = 1_000;

/** What a person says of a parked or stalled request, and what may still come after it. */
export function resolveSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let fox: Range;
  let owl: Range;
  let id: string;

  beforeEach(async () => {
    let now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now++ });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    const accepted = [{ account, unit: 'credits' as const, cap: price }];
    fox = await startBatch(ledger, 'fox', [plannedShot(0)], { accepted });
    owl = await startBatch(ledger, 'owl', [plannedShot(0)], { accepted: [] });
    id = await claimOne(ledger, fox);
    await ledger.claims.claim(owl, options);
  });
  afterEach(async () => opened.close());

  const park = async () => {
    await ledger.submissions.ambiguous(id, 'reset');
    await ledger.submissions.park(id, 'no list');
  };
  const stall = async () => {
    await ledger.submissions.submitted(id, { id: 'j' }, 'j', times);
    await ledger.submissions.stalled(id, 'no end');
  };
  const states = async () =>
    Promise.all(
      ['fox', 'owl'].map(async (batch) => (await ledger.reports.shot(batch, key))?.state),
    );
  const submissions = () => everything(ledger.reports.submissions('fox'));
  const money = async () => {
    const { reserved, spent, ambiguous, unproven } =
      (await ledger.reports.status('fox'))?.accounts[0] ?? {};
    return { reserved, spent, ambiguous, unproven };
  };
  const asJob = (jobId: string) => ({ kind: 'job', job: { id: jobId }, jobId, ...times }) as const;
  const again = { kind: 'again', batch: 'fox' } as const;

  it('tells what waits for a word, to every batch that waits for it', async () => {
    expect(await ledger.reports.unresolved('fox')).toEqual([]);
    await park();
    for (const batch of ['fox', 'owl'])
      expect(await ledger.reports.unresolved(batch)).toMatchObject([
        { submission: id, key, batch: 'fox', state: 'parked', why: 'no list', jobId: null },
      ]);
  });

  it.each([
    ['parked', park, 'j'],
    ['stalled', stall, 'j'],
  ])('takes up the job of a %s one and collects it', async (_, stop, jobId) => {
    await stop();
    expect(await ledger.submissions.resolve(id, asJob(jobId))).toEqual(['fox', 'owl']);
    expect(await states()).toEqual(['bound', 'bound']);
    expect(await money()).toEqual({ reserved: price, spent: 0, ambiguous: 0, unproven: 0 });
    await ledger.submissions.succeeded(id, oneOutput);
    await ledger.submissions.saveOutput(id, 0, file('aa'));
    expect(await states()).toEqual(['done', 'done']);
    expect(await submissions()).toMatchObject([{ state: 'succeeded', resolution: 'job', jobId }]);
  });

  it('takes no job that another submission has, and no other than the vendor has told', async () => {
    const other = await startBatch(ledger, 'elk', [plannedShot(1)]);
    await ledger.submissions.submitted(await claimOne(ledger, other), {}, 'theirs', times);
    await stall();
    expect(await ledger.submissions.resolve(id, asJob('theirs'))).toBeUndefined();
    expect(await ledger.submissions.resolve(id, asJob('k'))).toBeUndefined();
    expect(await states()).toEqual(['parked', 'parked']);
    expect(await submissions()).toMatchObject([{ state: 'stalled', why: 'no end', jobId: 'j' }]);
  });

  it.each([
    ['parked', park],
    ['stalled', stall],
  ])('sends a %s one again, beyond the plan by its price and no further', async (_, stop) => {
    await stop();
    expect(await ledger.submissions.resolve(id, again)).toEqual(['fox', 'owl']);
    expect(await states()).toEqual(['open', 'open']);
    expect(await money()).toEqual({ reserved: 0, spent: price, ambiguous: 0, unproven: price });
    // The other batch has accepted nothing, so it waits for the one that has.
    expect((await ledger.claims.claim(owl, options)).next).toMatchObject({
      reason: { kind: 'budget', scope: 'accepted' },
    });
    const second = await claimOne(ledger, fox);
    expect(await submissions()).toMatchObject([
      { submission: id, state: 'rejected', resolution: 'again', attempt: 1 },
      { submission: second, state: 'claimed', attempt: 2 },
    ]);
    await ledger.submissions.rejected(second, 'not sent', 'reopen');
    await ledger.submissions.submitted(await claimOne(ledger, fox), {}, 'k', times);
    expect(await money()).toMatchObject({ reserved: price, spent: price });
  });

  it('does not send again what a cap is too low for', async () => {
    await ledger.batches.setBudget('fox', account, 'credits', 2 * price - 1);
    await park();
    await ledger.submissions.resolve(id, again);
    expect(await ledger.claims.claim(fox, options)).toMatchObject({
      granted: [],
      next: { reason: { kind: 'budget', scope: 'batch' } },
    });
    await ledger.batches.setBudget('fox', account, 'credits', 2 * price);
    expect((await ledger.claims.claim(fox, options)).granted).toHaveLength(1);
  });

  it('skips, and counts the money that may be gone; a new run plans the shot again', async () => {
    await park();
    expect(await ledger.submissions.resolve(id, { kind: 'skip' })).toEqual(['fox', 'owl']);
    expect(await states()).toEqual(['skipped', 'skipped']);
    expect(await money()).toEqual({ reserved: 0, spent: price, ambiguous: 0, unproven: price });
    await startBatch(ledger, 'fox', [plannedShot(0)]);
    expect(await states()).toEqual(['open', 'skipped']);
  });

  it('hears one word only', async () => {
    await park();
    const words = [again, { kind: 'skip' }, asJob('j')] as const;
    const heard = await Promise.all(words.map((word) => ledger.submissions.resolve(id, word)));
    expect(heard.filter((batches) => batches !== undefined)).toHaveLength(1);
    await ledger.submissions.submitted(id, {}, 'j', times);
    expect(await ledger.submissions.resolve(id, again)).toBeUndefined();
  });

  describe('a job id that comes after the word', () => {
    const collect = async (of: string, sha256: string) => {
      await ledger.submissions.succeeded(of, oneOutput);
      await ledger.submissions.saveOutput(of, 0, file(sha256));
    };

    it.each([
      ['again', again],
      ['skip', { kind: 'skip' }],
    ] as const)('%s is the answer, and nothing is paid again', async (_, word) => {
      await park();
      await ledger.submissions.resolve(id, word);
      expect(await ledger.submissions.lateJob(id, {}, 'late')).toBe(true);
      expect(await states()).toEqual(['bound', 'bound']);
      expect(await money()).toEqual({ reserved: price, spent: 0, ambiguous: 0, unproven: 0 });
      expect((await ledger.claims.claim(fox, options)).granted).toEqual([]);
      await collect(id, 'aa');
      expect(await states()).toEqual(['done', 'done']);
      expect(await submissions()).toMatchObject([{ duplicate: true, state: 'succeeded' }]);
    });

    it('is collected beside the second request, and both are counted', async () => {
      await park();
      await ledger.submissions.resolve(id, again);
      const second = await claimOne(ledger, fox);
      expect(await ledger.submissions.lateJob(id, {}, 'late')).toBe(true);
      expect(await money()).toEqual({ reserved: 2 * price, spent: 0, ambiguous: 0, unproven: 0 });
      expect(await ledger.submissions.submitted(second, {}, 'k', times)).toBe(true);
      const { polls } = await ledger.submissions.due(fox, { leaseMs: 9, limit: 9, settleMs: 0 });
      expect(polls).toMatchObject([{ submission: id, jobId: 'late' }]);
      await collect(id, 'aa');
      expect((await ledger.reports.shot('fox', key))?.submission).toBe(second);
      await collect(second, 'bb');
      expect((await ledger.reports.shot('fox', key))?.outputs).toMatchObject([{ sha256: 'bb' }]);
      expect(await money()).toMatchObject({ reserved: 0, spent: 2 * price });
      expect(await submissions()).toMatchObject([
        { state: 'succeeded', duplicate: true },
        { state: 'succeeded', duplicate: false },
      ]);
    });

    it('stands in for the second request when that fails, and nothing is paid a third time', async () => {
      await park();
      await ledger.submissions.resolve(id, again);
      const second = await claimOne(ledger, fox);
      await ledger.submissions.lateJob(id, {}, 'late');
      await collect(id, 'aa');
      await ledger.submissions.submitted(second, {}, 'k', times);
      await ledger.submissions.failed(second, { reason: 'nsfw', refunded: true, billed: null });
      expect(await ledger.claims.claim(fox, options)).toMatchObject({ granted: [], attached: 1 });
      const shot = await ledger.reports.shot('fox', key);
      expect(shot).toMatchObject({ state: 'done', submission: id, outputs: [{ sha256: 'aa' }] });
    });

    it('stands in before one that is under way where its file is here', async () => {
      await park();
      await ledger.submissions.resolve(id, again);
      const second = await claimOne(ledger, fox);
      await ledger.submissions.ambiguous(second, 'reset');
      await ledger.submissions.park(second, 'no list');
      await ledger.submissions.resolve(second, again);
      const third = await claimOne(ledger, fox);
      await ledger.submissions.lateJob(id, {}, 'under way');
      await ledger.submissions.lateJob(second, {}, 'finished');
      await collect(second, 'aa');
      await ledger.submissions.submitted(third, {}, 'k', times);
      await ledger.submissions.failed(third, { reason: 'nsfw', refunded: true, billed: null });
      await ledger.claims.claim(fox, options);
      const shot = await ledger.reports.shot('fox', key);
      expect(shot).toMatchObject({ state: 'done', submission: second });
    });

    const named = () => ledger.submissions.lateJob(id, {}, 'wrong', { from: 'person' });
    const answered = () => ledger.submissions.lateJob(id, {}, 'own', times);
    const jobs = async () => (await submissions()).map(({ jobId }) => jobId).toSorted();

    it.each([
      ['follows it', async () => undefined],
      ['has its file', async () => await collect(id, 'aa')],
      [
        'saw it fail',
        async () =>
          await ledger.submissions.failed(id, { reason: 'bad', refunded: false, billed: null }),
      ],
    ])('counts where a person has named another job, and the ledger %s', async (_, then) => {
      await park();
      await ledger.submissions.resolve(id, { kind: 'skip' });
      expect(await named()).toBe(true);
      await then();
      expect(await answered()).toBe(true);
      expect(await jobs()).toEqual(['own', 'wrong']);
      expect(await states()).toEqual(['bound', 'bound']);
      const { reserved = 0, spent = 0 } = await money();
      expect(reserved + spent).toBe(2 * price);
    });

    it.each([
      ['under way', async () => undefined],
      ['saved', async () => await collect(id, 'aa')],
    ])('counts where that job is %s and the request was sent again', async (_, then) => {
      await park();
      await ledger.submissions.resolve(id, again);
      const second = await claimOne(ledger, fox);
      expect(await named()).toBe(true);
      await then();
      expect(await answered()).toBe(true);
      expect(await ledger.submissions.submitted(second, {}, 'k', times)).toBe(true);
      expect(await jobs()).toEqual(['k', 'own', 'wrong']);
      expect((await ledger.reports.shot('fox', key))?.submission).toBe(second);
      await collect(id, 'bb');
      expect(await submissions()).toContainEqual(
        expect.objectContaining({ submission: id, jobId: 'own', duplicate: true }),
      );
    });

    it('is no person’s to change once it has come', async () => {
      await park();
      await ledger.submissions.resolve(id, { kind: 'skip' });
      expect(await answered()).toBe(true);
      expect(await named()).toBe(false);
      expect(await jobs()).toEqual(['own']);
    });

    it('is polled again where a person gave up a job that never ended', async () => {
      await stall();
      await ledger.submissions.resolve(id, { kind: 'skip' });
      expect(await ledger.submissions.lateJob(id, {}, 'k')).toBe(false);
      expect(await ledger.submissions.lateJob(id, {}, 'j')).toBe(true);
      expect(await states()).toEqual(['bound', 'bound']);
    });
  });

  describe('of a training that nobody knows to be paid for', () => {
    const set = { fingerprint: 'set', name: 'anna', subject: {}, images: [] };
    let run: number;
    let training: string;

    beforeEach(async () => {
      const request = {
        ...plannedShot(9).request,
        choice: { kind: 'training', set } as const,
      };
      const shots = [plannedShot(9, { request, fingerprint: 'anna-9' })];
      const accepted = [{ account, unit: 'credits' as const, cap: 5 }];
      ({ run } = await startBatch(ledger, 'anna', shots, { accepted }));
      await ledger.remotes.leaseModel(account, 'set', 'me', 1_000);
      await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'armed', {
        remoteId: 'model',
      });
      training = (await claim())[0]?.submission ?? '';
      await ledger.submissions.ambiguous(training, 'reset');
      await ledger.submissions.park(training, 'still new');
      await ledger.plans.block('anna', run, { trainingFingerprint: 'set' }, 'not known');
    });

    const claim = async () =>
      (
        await ledger.claims.claimTraining(
          {
            ...{ batch: 'anna', run, account, fingerprint: 'set', key: 'train/anna' },
            price: { amount: 5, unit: 'credits', basis: 'exact' },
          },
          options,
        )
      ).granted;
    const shotState = async () => (await ledger.reports.shot('anna', 'one/shot-0009'))?.state;

    it('is shown to every batch whose shots wait for it', async () => {
      const [row, ...others] = await ledger.reports.unresolved('anna');
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        submission: training,
        operation: 'train',
        fingerprint: 'set',
        request: null,
      });
      expect(await ledger.reports.unresolved('owl')).toEqual([]);
    });

    it('is never abandoned', async () => {
      expect(await ledger.remotes.abandonModel(account, 'set')).toBe(false);
      expect(await ledger.remotes.model(account, 'set')).toMatchObject({ remoteId: 'model' });
    });

    it('again: opens its shots, and is paid for once more', async () => {
      const heard = await ledger.submissions.resolve(training, { kind: 'again', batch: 'anna' });
      expect(heard).toEqual(['anna']);
      expect(await shotState()).toBe('open');
      expect(await claim()).toHaveLength(1);
      const [money] = (await ledger.reports.status('anna'))?.accounts ?? [];
      expect(money).toMatchObject({ spent: 5, reserved: 5, unproven: 5 });
    });

    it('skip: skips its shots, and its money stays spent', async () => {
      expect(await ledger.submissions.resolve(training, { kind: 'skip' })).toEqual(['anna']);
      expect(await shotState()).toBe('skipped');
      const [money] = (await ledger.reports.status('anna'))?.accounts ?? [];
      expect(money).toMatchObject({ spent: 5, reserved: 0 });
    });

    it('job: it trains, and is followed', async () => {
      expect(await ledger.submissions.resolve(training, asJob('model'))).toEqual(['anna']);
      expect(await shotState()).toBe('open');
      expect(await ledger.remotes.model(account, 'set')).toMatchObject({
        phase: 'triggered',
        trigger: { state: 'submitted' },
      });
    });
  });
}
