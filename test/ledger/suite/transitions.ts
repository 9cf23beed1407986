import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  file,
  finish,
  money,
  oneOutput,
  options,
  plannedShot,
  startBatch,
  times,
  keyHash,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

export function transitionSuite(open: Open): void {
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
  });
  afterEach(async () => opened.close());

  const shot = async (batch = 'fox') => {
    const row = await ledger.reports.shot(batch, 'one/shot-0000');
    if (!row) throw new Error('no shot');
    return row;
  };
  const submission = async (of = id) => {
    const rows = await everything(ledger.reports.submissions('fox'));
    const row = rows.find((one) => one.submission === of);
    if (!row) throw new Error('no submission');
    return row;
  };
  const submit = () => ledger.submissions.submitted(id, { id: 'j' }, 'j', times);
  const becomeAmbiguous = () => ledger.submissions.ambiguous(id, 'reset');
  const due = (settleMs = 0) =>
    ledger.submissions.due(range, { leaseMs: 10_000, limit: 10, settleMs });

  it('submits a claimed one and keeps its reservation', async () => {
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000, spent: 0 });
    expect(await submit()).toBe(true);
    expect(await submit()).toBe(false);
    expect(await submission()).toMatchObject({ state: 'submitted', jobId: 'j', attempt: 1 });
    expect(await shot()).toMatchObject({ state: 'bound', submission: id, tries: 1 });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000, spent: 0 });
  });

  it.each([
    ['reopen', 'open', 0],
    ['fail', 'failed', 1],
  ] as const)('rejected with %s leaves the shot %s', async (effect, state, tries) => {
    expect(await ledger.submissions.rejected(id, 'refused', effect)).toBe(true);
    expect(await submission()).toMatchObject({ state: 'rejected', why: 'refused' });
    expect(await shot()).toMatchObject({ state, tries });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 0, refunded: 0 });
  });

  describe.each([
    ['ambiguous', false],
    ['parked', true],
  ] as const)('its sender’s word that no job was made, after it was %s', (_, isParked) => {
    const loseTheAnswer = async () => {
      await becomeAmbiguous();
      if (isParked) await ledger.submissions.park(id, 'several fit');
    };

    it.each([
      ['reopen', 'open'],
      ['renew', 'open'],
      ['fail', 'failed'],
    ] as const)('counts: %s leaves the shot %s', async (effect, state) => {
      await loseTheAnswer();
      expect(await ledger.submissions.rejected(id, 'refused', effect)).toBe(true);
      expect(await submission()).toMatchObject({ state: 'rejected', reserved: 0, spent: 0 });
      expect(await shot()).toMatchObject({ state });
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, ambiguous: 0, spent: 0 });
    });

    it('takes no job away that was found meanwhile', async () => {
      await loseTheAnswer();
      await ledger.submissions.adopt(id, { id: 'j' }, 'j', times);
      expect(await ledger.submissions.rejected(id, 'refused', 'reopen')).toBe(false);
      expect(await submission()).toMatchObject({ state: 'submitted', jobId: 'j' });
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000 });
    });
  });

  it('keeps the money of an ambiguous one reserved, apart from the others', async () => {
    expect(await becomeAmbiguous()).toBe(true);
    expect(await shot()).toMatchObject({ state: 'bound' });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, ambiguous: 1_000 });
    expect(await submit()).toBe(false);
  });

  it('makes claims past their deadline ambiguous', async () => {
    now += 64_999;
    expect((await due()).ambiguous).toHaveLength(0);
    expect(await submission()).toMatchObject({ state: 'claimed' });
    now += 1;
    expect((await due(60_000)).ambiguous).toHaveLength(0);
    expect(await submission()).toMatchObject({ state: 'ambiguous' });
    now += 60_000;
    expect((await due(60_000)).ambiguous).toMatchObject([{ submission: id }]);
  });

  it('is looked for sooner where its sender saw it end', async () => {
    const looked = { leaseMs: 10_000, limit: 10, settleMs: 60_000, overMs: 10_000 };
    const ambiguousOnes = async () => (await ledger.submissions.due(range, looked)).ambiguous;
    now += 1_000;
    const endedAt = now;
    await becomeAmbiguous();
    now += 9_999;
    expect(await ambiguousOnes()).toEqual([]);
    expect((await ledger.submissions.due(range, looked)).nextInMs).toBe(1);
    now += 1;
    expect(await ambiguousOnes()).toMatchObject([{ submission: id, overAt: endedAt }]);
  });

  it('tells whether later requests of the account may still show how far a list reaches', async () => {
    await becomeAmbiguous();
    expect(await ledger.submissions.hasLater(id)).toBe(false);
    const other = await startBatch(ledger, 'owl', [plannedShot(1), plannedShot(2)]);
    now += 1;
    const later = await claimOne(ledger, other);
    expect(await ledger.submissions.hasLater(id)).toBe(true);
    await ledger.submissions.submitted(later, { id: 'k' }, 'k', times);
    expect(await ledger.submissions.hasLater(id)).toBe(false);
    expect(await ledger.submissions.hasLater(later)).toBe(true);
  });

  it('tells until when the account is blocked by what ends by itself', async () => {
    const { submissions } = ledger;
    expect(await submissions.blockedUntil(account)).toBeNull();
    await submissions.block(account, null, 'badKey', now + 9_000);
    await submissions.block(account, null, 'limited', now + 2_000);
    await submissions.block(account, 'nanobanana', 'unreachable', now + 5_000);
    expect(await submissions.blockedUntil(account)).toBe(now + 5_000);
    now += 60_000;
    expect(await submissions.blockedUntil(account)).toBe(now - 51_000);
  });

  it('tells until when the account was blocked by what a person has ended', async () => {
    const { submissions } = ledger;
    await submissions.block(account, null, 'badKey', null);
    await submissions.block(account, null, 'noFunds', now + 900_000);
    now += 30_000;
    expect(await submissions.blockedUntil(account)).toBeNull();
    await ledger.batches.clearBlocks('fox');
    expect(await submissions.blockedUntil(account)).toBe(now);
    expect((await ledger.reports.status('fox'))?.blocks).toEqual([]);
    now += 30_000;
    expect(await submissions.blockedUntil(account)).toBe(now - 30_000);
  });

  it('counts a request that was called absent among those that may have made a job', async () => {
    await becomeAmbiguous();
    const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
    const second = await claimOne(ledger, other);
    await ledger.submissions.ambiguous(second, 'reset');
    await ledger.submissions.absent(id, keyHash);
    expect(await ledger.submissions.competing(second, 1_000)).toMatchObject([{ onItsWay: false }]);
  });

  it('adopts the one job that fits, from ambiguous or parked', async () => {
    await becomeAmbiguous();
    expect(await ledger.submissions.park(id, 'several fit')).toBe(true);
    expect(await shot()).toMatchObject({ state: 'parked', why: 'several fit' });
    expect(await ledger.submissions.adopt(id, { id: 'j' }, 'j', times)).toBe(true);
    expect(await shot()).toMatchObject({ state: 'bound', why: null });
    expect(await submission()).toMatchObject({ state: 'submitted', jobId: 'j' });
  });

  it('leaves to a person a request that was answered with the job of another', async () => {
    await submit();
    const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
    const second = await claimOne(ledger, other);
    expect(await ledger.submissions.submitted(second, { id: 'j' }, 'j', times)).toBe(false);
    expect(await ledger.submissions.lateJob(second, { id: 'j' }, 'j', times)).toBe(false);
    const rows = await everything(ledger.reports.submissions('owl'));
    expect(rows).toMatchObject([{ state: 'parked', jobId: null }]);
    expect((await ledger.reports.shot('owl', rows[0]?.key ?? ''))?.state).toBe('parked');
  });

  describe('the vendor’s own answer, after the submission was given another job', () => {
    const late = () => ledger.submissions.lateJob(id, { id: 'ours' }, 'ours', times);
    const rows = () => everything(ledger.reports.submissions('fox'));

    beforeEach(async () => {
      await becomeAmbiguous();
      await ledger.submissions.adopt(id, { id: 'strange' }, 'strange', times);
    });

    it('counts, and the other job is followed beside it', async () => {
      expect(await late()).toBe(true);
      expect(await submission()).toMatchObject({ state: 'submitted', jobId: 'ours' });
      expect(await shot()).toMatchObject({ state: 'bound', submission: id });
      expect(await rows()).toContainEqual(
        expect.objectContaining({ jobId: 'strange', state: 'submitted', duplicate: true }),
      );
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 2_000, spent: 0 });
      expect(await late()).toBe(true);
      expect(await rows()).toHaveLength(2);
    });

    it('replaces a file that another job had made, and both files are kept', async () => {
      await ledger.submissions.succeeded(id, oneOutput);
      await ledger.submissions.saveOutput(id, 0, file('strange-file'));
      expect(await shot()).toMatchObject({ state: 'done' });
      expect(await late()).toBe(true);
      expect(await shot()).toMatchObject({ state: 'bound', outputs: [] });
      await ledger.submissions.succeeded(id, oneOutput);
      await ledger.submissions.saveOutput(id, 0, file('our-file'));
      expect(await shot()).toMatchObject({ state: 'done', outputs: [{ sha256: 'our-file' }] });
      const unshown = await everything(ledger.reports.unshown('fox'));
      expect(unshown).toMatchObject([{ outputs: [{ sha256: 'strange-file' }] }]);
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 2_000 });
    });

    it('keeps what was just heard or fetched of the other job from being taken for its own', async () => {
      const { submissions } = ledger;
      const job = { id: 'strange' };
      expect(await late()).toBe(true);
      expect(await submissions.succeeded(id, { ...oneOutput, job })).toBe(false);
      const failure = { reason: 'bad', refunded: false, billed: null, job };
      expect(await submissions.failed(id, failure)).toBe(false);
      expect(await submissions.stalled(id, 'endless', job)).toBe(false);
      expect(await submission()).toMatchObject({ state: 'submitted', jobId: 'ours' });
      await submissions.succeeded(id, { ...oneOutput, job: { id: 'ours' } });
      expect(await submissions.saveOutput(id, 0, file('strange-file'), job)).toBe(false);
      expect(await submissions.saveOutput(id, 0, file('our-file'), { id: 'ours' })).toBe(true);
      expect(await shot()).toMatchObject({ state: 'done', outputs: [{ sha256: 'our-file' }] });
    });

    it('counts after the other job has failed, too', async () => {
      const kept = { reason: 'bad', refunded: false, billed: null } as const;
      await ledger.submissions.failed(id, kept);
      expect(await shot()).toMatchObject({ state: 'failed' });
      expect(await late()).toBe(true);
      expect(await shot()).toMatchObject({ state: 'bound', submission: id });
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000, spent: 1_000 });
    });
  });

  it('never gives one job to two submissions', async () => {
    await finish(ledger, id);
    const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
    const second = await claimOne(ledger, other);
    await ledger.submissions.ambiguous(second, 'reset');
    expect(await ledger.submissions.adopt(second, { id }, `job-${id}`, times)).toBe(false);
    const rows = await everything(ledger.reports.submissions('owl'));
    expect(rows).toMatchObject([{ state: 'ambiguous', why: 'reset', jobId: null }]);
    expect(await ledger.submissions.recordedJobIds(account, [`job-${id}`, 'other'])).toEqual(
      new Set([`job-${id}`]),
    );
  });

  it('frees the money and the shot of an absent one without counting a try', async () => {
    await becomeAmbiguous();
    expect(await ledger.submissions.absent(id, keyHash)).toBe(true);
    expect(await shot()).toMatchObject({ state: 'open', tries: 0 });
    expect(await submission()).toMatchObject({ state: 'rejected' });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, ambiguous: 0, spent: 0 });
  });

  it('fails the shot whose request was absent three times in one run, and frees the money', async () => {
    const other = await startBatch(ledger, 'owl', [plannedShot(0)]);
    const sendThrice = async () => {
      for (let time = 1; time <= 3; time++) {
        if (time > 1) id = await claimOne(ledger, range);
        await ledger.claims.claim(other, options);
        await becomeAmbiguous();
        expect(await shot('owl')).toMatchObject({ state: 'bound' });
        expect(await ledger.submissions.absent(id, keyHash)).toBe(true);
        expect(await shot()).toMatchObject({ state: time < 3 ? 'open' : 'failed' });
        expect(await shot('owl')).toMatchObject({ state: 'open', tries: 0 });
      }
    };
    await sendThrice();
    expect(await shot()).toMatchObject({
      why: 'sent 3 times without an answer, and the vendor has no such job',
    });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, ambiguous: 0, spent: 0 });
    expect((await ledger.claims.claim(range, options)).granted).toEqual([]);
    // What a person starts again is tried again.
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    id = await claimOne(ledger, range);
    await sendThrice();
  });

  it('resubmits an ambiguous one as a counted paid retry where the batch says so', async () => {
    await becomeAmbiguous();
    await ledger.submissions.absent(id, keyHash);
    const policy = {
      retries: 0,
      paidRetries: 1,
      maxFailures: null,
      onAmbiguous: 'resubmit',
    } as const;
    range = await startBatch(ledger, 'fox', [plannedShot(0)], { policy });
    id = await claimOne(ledger, range);
    await becomeAmbiguous();
    await ledger.submissions.park(id, 'several fit');
    expect(await shot()).toMatchObject({ state: 'open' });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, ambiguous: 0 });
    id = await claimOne(ledger, range);
    await becomeAmbiguous();
    await ledger.submissions.park(id, 'several fit');
    expect(await shot()).toMatchObject({ state: 'parked' });
  });

  it('fails no shot of a batch that waits for a request which another sends again', async () => {
    const policy = {
      retries: 0,
      paidRetries: 1,
      maxFailures: null,
      onAmbiguous: 'resubmit',
    } as const;
    await submit();
    await ledger.submissions.failed(id, { reason: 'busy', refunded: true, billed: null });
    range = await startBatch(ledger, 'fox', [plannedShot(0)], { policy });
    id = await claimOne(ledger, range);
    const other = await startBatch(ledger, 'owl', [plannedShot(0)], { accepted: [] });
    const claimOther = () =>
      ledger.claims.claim(other, { window: 5, postTimeoutMs: 1, worker: 'w', keyHash });
    await claimOther();
    await becomeAmbiguous();
    await ledger.submissions.park(id, 'several fit');
    expect(await shot('owl')).toMatchObject({ state: 'open', why: null });
    // Owl has accepted no price: it waits for fox, which has.
    expect(await claimOther()).toMatchObject({ granted: [], attached: 0 });
    const second = await claimOne(ledger, range);
    expect(await claimOther()).toMatchObject({ granted: [], attached: 1 });
    expect(await shot('owl')).toMatchObject({ state: 'bound', submission: second });
  });

  it('is done only when every file is saved, and spends what was billed', async () => {
    await submit();
    const outputs = [0, 1].map(() => ({ remote: 'r', url: null, expiresAt: null }));
    expect(await ledger.submissions.succeeded(id, { outputs, billed: 400 })).toBe(true);
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 400, refunded: 0 });
    expect(await ledger.submissions.saveOutput(id, 0, file('aa'))).toBe(true);
    expect(await ledger.submissions.saveOutput(id, 0, file('aa'))).toBe(false);
    expect(await shot()).toMatchObject({ state: 'bound' });
    await ledger.submissions.saveOutput(id, 1, file('bb'));
    expect(await shot()).toMatchObject({ state: 'done', cached: false });
    expect(await ledger.reports.knownFiles('fox', 'one/shot-0000')).toEqual(['aa', 'bb']);
  });

  it('counts a generation without files as failed, with its money', async () => {
    await submit();
    expect(await ledger.submissions.succeeded(id, { outputs: [], billed: null })).toBe(true);
    expect(await submission()).toMatchObject({ state: 'failed' });
    expect(await shot()).toMatchObject({ state: 'failed' });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
  });

  it('says of a generation without files how many entries named none', async () => {
    await submit();
    await ledger.submissions.succeeded(id, { outputs: [], unreadable: 2, billed: null });
    const why =
      'the job ended, and none of the 2 entries in its list of files names a file that can be fetched';
    expect(await shot()).toMatchObject({ state: 'failed', why });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
  });

  describe.each([
    ['returned', { refunded: true, billed: null }, 'open', 0, 1_000],
    ['billed as nothing', { refunded: null, billed: 0 }, 'open', 0, 1_000],
    ['kept', { refunded: false, billed: null }, 'failed', 1_000, 0],
    ['unknown', { refunded: null, billed: null }, 'failed', 1_000, 0],
    ['kept in part', { refunded: false, billed: 300 }, 'failed', 300, 700],
  ] as const)('a failed job whose money is %s', (_, result, state, spent, refunded) => {
    it(`leaves the shot ${state} with one free and no paid try`, async () => {
      await submit();
      expect(await ledger.submissions.failed(id, { reason: 'nsfw', ...result })).toBe(true);
      expect(await submission()).toMatchObject({ state: 'failed', why: 'nsfw' });
      expect(await shot()).toMatchObject({ state, why: 'nsfw' });
      expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent, refunded });
    });
  });

  it('fails after the tries that the policy gives', async () => {
    const refunded = { reason: 'busy', refunded: true, billed: null };
    await submit();
    await ledger.submissions.failed(id, refunded);
    id = await claimOne(ledger, range);
    expect(await submission()).toMatchObject({ attempt: 2 });
    await ledger.submissions.submitted(id, {}, 'k', times);
    await ledger.submissions.failed(id, refunded);
    expect(await shot()).toMatchObject({ state: 'failed', tries: 2 });
  });

  it.each([
    ['done', 'bound', 1_000],
    ['refunded', 'open', 0],
  ] as const)('settles a stalled job that turns out to be %s', async (end, state, spent) => {
    await submit();
    await ledger.submissions.stalled(id, 'no end');
    const settled =
      end === 'done'
        ? await ledger.submissions.succeeded(id, oneOutput)
        : await ledger.submissions.failed(id, { reason: 'x', refunded: true, billed: null });
    expect(settled).toBe(true);
    expect(await shot()).toMatchObject({ state });
    expect(await money(ledger, 'fox')).toMatchObject({ ambiguous: 0, reserved: 0, spent });
  });

  describe('a job that succeeds after it was called failed', () => {
    const fail = (refunded: boolean | 'promised') =>
      ledger.submissions.failed(id, { reason: 'busy', refunded, billed: null });
    const succeed = () => ledger.submissions.succeeded(id, oneOutput);

    it('takes the place of a try that was not made yet', async () => {
      await submit();
      await fail('promised');
      expect(await shot()).toMatchObject({ state: 'open' });
      expect(await succeed()).toBe(true);
      expect(await shot()).toMatchObject({ state: 'bound', submission: id });
      expect((await due()).downloads).toMatchObject([{ submission: id }]);
      expect(await submission()).toMatchObject({ state: 'succeeded', refund: null });
      expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, refunded: 0 });
      expect((await ledger.claims.claim(range, options)).granted).toEqual([]);
    });

    it('leaves its shot to the one that was sent since, and both are counted', async () => {
      await submit();
      await fail(true);
      const second = await claimOne(ledger, range);
      expect(await succeed()).toBe(true);
      expect(await shot()).toMatchObject({ state: 'bound', submission: second });
      expect((await due()).downloads).toMatchObject([{ submission: id }]);
      expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000, reserved: 1_000 });
    });

    it('is collected outside all lanes where its shot had failed', async () => {
      await submit();
      await fail(false);
      expect(await shot()).toMatchObject({ state: 'failed' });
      await succeed();
      expect(await ledger.submissions.accountsWithOrphans('fox')).toEqual([account]);
      await ledger.submissions.saveOutput(id, 0, file('aa'));
      expect(await shot()).toMatchObject({ state: 'done' });
      expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
    });

    it('stays failed while it names no file', async () => {
      await submit();
      await fail('promised');
      expect(await ledger.submissions.succeeded(id, { outputs: [], billed: null })).toBe(false);
      expect(await submission()).toMatchObject({ state: 'failed', refund: 'owed' });
    });
  });

  it('parks the shots of a stalled job and keeps its money', async () => {
    await submit();
    expect(await ledger.submissions.stalled(id, 'no end')).toBe(true);
    expect(await shot()).toMatchObject({ state: 'parked', why: 'no end' });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, ambiguous: 1_000 });
  });

  it('fails the shots of a lost output, whose fingerprint may then be paid again', async () => {
    await submit();
    await ledger.submissions.succeeded(id, oneOutput);
    expect(await ledger.submissions.loseOutput(id, 0, 'gone')).toBe(true);
    expect(await submission()).toMatchObject({ state: 'lost' });
    expect(await shot()).toMatchObject({ state: 'failed', why: 'gone' });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 1_000 });
    range = await startBatch(ledger, 'fox', [plannedShot(0)]);
    expect(await claimOne(ledger, range)).not.toBe(id);
  });

  it('collects a job that arrives late', async () => {
    await becomeAmbiguous();
    await ledger.submissions.absent(id, keyHash);
    expect(await ledger.submissions.lateJob(id, { id: 'j' }, 'j')).toBe(true);
    expect(await submission()).toMatchObject({ state: 'submitted', duplicate: true, jobId: 'j' });
    expect(await shot()).toMatchObject({ state: 'bound', submission: id });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 1_000 });
    const giveUpAt = now + 2 * 60 * 60_000;
    expect((await due()).polls).toMatchObject([{ submission: id, giveUpAt }]);
  });

  it('follows a late job no longer than its own time limit', async () => {
    await becomeAmbiguous();
    await ledger.submissions.absent(id, keyHash);
    await ledger.submissions.lateJob(id, { id: 'j' }, 'j', { giveUpInMs: 60_000 });
    const giveUpAt = now + 60_000;
    expect((await due()).polls).toMatchObject([{ submission: id, giveUpAt }]);
  });

  it('collects and counts a late job whose place is taken', async () => {
    await becomeAmbiguous();
    await ledger.submissions.absent(id, keyHash);
    const second = await claimOne(ledger, range);
    expect(await ledger.submissions.lateJob(id, { id: 'j' }, 'j')).toBe(true);
    expect(await submission()).toMatchObject({ state: 'submitted', duplicate: true, jobId: 'j' });
    expect(await shot()).toMatchObject({ state: 'bound', submission: second });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 2_000, spent: 0 });
  });

  it('moves all shots of a submission, of whichever batch', async () => {
    const other = await startBatch(ledger, 'owl', [plannedShot(0)]);
    const answer = await ledger.claims.claim(other, {
      window: 5,
      postTimeoutMs: 1,
      keyHash,
      worker: 'w',
    });
    expect(answer).toMatchObject({ granted: [], attached: 1, open: 0, bound: 1 });
    await submit();
    expect((await ledger.submissions.due(other, { leaseMs: 1, limit: 9, settleMs: 0 })).bound).toBe(
      1,
    );
    await ledger.submissions.succeeded(id, oneOutput);
    await ledger.submissions.saveOutput(id, 0, file('aa'));
    expect(await shot('fox')).toMatchObject({ state: 'done', cached: false });
    expect(await shot('owl')).toMatchObject({ state: 'done', cached: true });
    expect((await ledger.reports.status('owl'))?.accounts).toMatchObject([{ spent: 0 }]);
  });

  describe('due', () => {
    it('hands a poll to one worker at a time', async () => {
      await submit();
      const giveUpAt = now + times.giveUpInMs;
      expect(await due()).toMatchObject({ polls: [], nextInMs: 1_000, bound: 1 });
      now += 1_000;
      expect((await due()).polls).toMatchObject([{ submission: id, polls: 0, giveUpAt }]);
      expect(await due()).toMatchObject({ polls: [], nextInMs: 10_000 });
      expect(await ledger.submissions.pollAgain(id, 50)).toBe(true);
      now += 600_000;
      expect((await due()).polls).toMatchObject([{ polls: 1, giveUpAt }]);
    });

    it('answers the download first whose link ends first', async () => {
      await submit();
      const outputs = [null, 5_000, 3_000].map((expiresAt) => ({
        remote: null,
        url: 'u',
        expiresAt,
      }));
      await ledger.submissions.succeeded(id, { outputs, billed: null });
      expect((await due()).downloads.map(({ index }) => index)).toEqual([2, 1, 0]);
      expect(await due()).toMatchObject({ downloads: [], nextInMs: 10_000 });
      await ledger.submissions.delayOutput(id, 1, 100, '503');
      await ledger.submissions.renewOutput(id, 2, 'v', null);
      expect((await due()).downloads).toMatchObject([{ index: 2, url: 'v' }]);
      now += 100;
      expect((await due()).downloads).toMatchObject([{ index: 1, tries: 1 }]);
    });

    it('looks for a request that its sender gave up on only after its deadline', async () => {
      const end = { mayStillRun: true };
      await ledger.submissions.ambiguous(id, 'no answer within 60 s', end);
      const look = () =>
        ledger.submissions.due(range, { leaseMs: 1, limit: 9, settleMs: 60_000, overMs: 1_000 });
      now += 60_000;
      expect((await look()).ambiguous).toEqual([]);
      now += 65_000;
      expect((await look()).ambiguous).toMatchObject([{ submission: id, overAt: null }]);
    });

    it('counts ambiguous requests of one account that overlap as competing', async () => {
      const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
      const second = await claimOne(ledger, other);
      await becomeAmbiguous();
      await ledger.submissions.ambiguous(second, 'reset');
      now += 65_000;
      expect(await ledger.submissions.competing(id, 10_000)).toMatchObject([
        { request: { prompt: 'image 1' }, onItsWay: false },
      ]);
    });

    it.each(['park', 'absent'] as const)(
      'counts one that was settled without a job (%s) as competing still: the job may be its own',
      async (event) => {
        const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
        const second = await claimOne(ledger, other);
        await becomeAmbiguous();
        await ledger.submissions.ambiguous(second, 'reset');
        now += 65_000;
        await ledger.submissions[event](second, 'ambiguous');
        expect(await ledger.submissions.competing(id, 10_000)).toMatchObject([
          { request: { prompt: 'image 1' }, onItsWay: false },
        ]);
      },
    );

    it('counts no request to train as competing: no list of jobs shows what it made', async () => {
      const set = { fingerprint: 'set', key: 'train/anna' } as const;
      const price = { amount: 1, unit: 'credits', basis: 'assumed' } as const;
      const training = { batch: 'fox', run: 1, account, price, ...set };
      const { granted } = await ledger.claims.claimTraining(training, options);
      await ledger.submissions.ambiguous(granted[0]?.submission ?? '', 'reset');
      await becomeAmbiguous();
      expect(await ledger.submissions.competing(id, 10_000)).toEqual([]);
    });

    it('counts one that was sent again as competing still: the job may be that of its first request', async () => {
      const policy = {
        ...{ retries: 0, paidRetries: 1, maxFailures: null },
        onAmbiguous: 'resubmit',
      } as const;
      const other = await startBatch(ledger, 'owl', [plannedShot(1)], { policy });
      const second = await claimOne(ledger, other);
      await becomeAmbiguous();
      await ledger.submissions.ambiguous(second, 'reset');
      now += 65_000;
      await ledger.submissions.park(second, 'two jobs may be it');
      expect((await ledger.reports.shot('owl', 'one/shot-0001'))?.state).toBe('open');
      expect(await ledger.submissions.competing(id, 10_000)).toMatchObject([
        { request: { prompt: 'image 1' }, onItsWay: false },
      ]);
    });

    it('knows the jobs of its model and time whose ids are on record', async () => {
      const other = await startBatch(ledger, 'owl', [plannedShot(1), plannedShot(2)]);
      const answered = await claimOne(ledger, other);
      await ledger.submissions.submitted(answered, { id: 'k' }, 'k', times);
      await becomeAmbiguous();
      const [knownJob, ...more] = await ledger.submissions.knownJobs(id);
      expect(knownJob).toMatchObject({ jobId: 'k', sameModel: true });
      expect(more).toEqual([]);
      await ledger.submissions.succeeded(answered, oneOutput);
      expect(await ledger.submissions.knownJobs(id)).toEqual([knownJob]);
    });

    it('counts one that is on its way as competing until its answer is on record', async () => {
      await becomeAmbiguous();
      now += 70_000;
      const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
      const slow = await claimOne(ledger, other);
      now += 56_000;
      expect(await ledger.submissions.competing(id, 10_000)).toMatchObject([{ onItsWay: true }]);
      expect(await ledger.submissions.competing(id, 1_000)).toEqual([]);
      await ledger.submissions.submitted(slow, { id: 'k' }, 'k', times);
      expect(await ledger.submissions.competing(id, 10_000)).toEqual([]);
    });

    it('counts one that its sender reports as not sent as not competing, however late', async () => {
      const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
      const second = await claimOne(ledger, other);
      await becomeAmbiguous();
      now += 70_000;
      await ledger.submissions.due(other, { leaseMs: 1_000, limit: 9, settleMs: 60_000 });
      expect(await ledger.submissions.competing(id, 60_000)).toHaveLength(1);
      expect(await ledger.submissions.rejected(second, 'not sent', 'reopen')).toBe(true);
      expect(await ledger.submissions.competing(id, 60_000)).toEqual([]);
    });

    it('counts one that a person sent again as competing still', async () => {
      const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
      const second = await claimOne(ledger, other);
      await becomeAmbiguous();
      await ledger.submissions.ambiguous(second, 'reset');
      await ledger.submissions.park(second, 'two jobs may be it');
      await ledger.submissions.resolve(second, { kind: 'again', batch: 'owl' });
      expect(await ledger.submissions.competing(id, 60_000)).toHaveLength(1);
    });

    it('counts one that the vendor refused at once as not competing', async () => {
      const other = await startBatch(ledger, 'owl', [plannedShot(1)]);
      const second = await claimOne(ledger, other);
      await becomeAmbiguous();
      await ledger.submissions.rejected(second, 'bad request', 'fail');
      now += 65_000;
      expect(await ledger.submissions.competing(id, 10_000)).toEqual([]);
    });

    it('still settles a submission that no shot waits for any more', async () => {
      await submit();
      range = await startBatch(ledger, 'fox', [plannedShot(0, { fingerprint: 'changed' })]);
      now += 1_000;
      expect((await due()).polls).toMatchObject([{ submission: id }]);
    });
  });
}
