import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  finish,
  keyHash,
  oneOutput,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const other = 'key-2';

export function keySuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  beforeEach(async () => {
    opened = await open({});
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
  });
  afterEach(async () => opened.close());

  it('are hashed with their address, by a salt of the ledger', async () => {
    const { keys } = ledger;
    const hash = keys.hash('secret', 'https://a.example/v1');
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(keys.hash('secret', 'https://a.example/v1')).toBe(hash);
    expect(keys.hash('secret', 'https://a.example/v2')).not.toBe(hash);
    expect(keys.hash('other', 'https://a.example/v1')).not.toBe(hash);
    const second = await open({});
    expect(second.ledger.keys.hash('secret', 'https://a.example/v1')).not.toBe(hash);
    await second.close();
  });

  it('are accepted from the first one on', async () => {
    expect(await ledger.keys.isOwn(account, keyHash)).toBe(false);
    expect(await ledger.keys.adopt(account, keyHash)).toBeUndefined();
    expect(await ledger.keys.isOwn(account, keyHash)).toBe(true);
    expect(await ledger.keys.isOwn(account, other)).toBe(false);
  });

  it('get no grant while they are not accepted, and call no request of others absent', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    const id = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(id, 'reset');
    await expect(claimOne(ledger, range, { keyHash: other })).rejects.toThrow(/not accepted/);
    await ledger.keys.confirm(account, other, 7);
    expect(await ledger.submissions.isOfKey(id, other)).toBe(false);
    expect(await ledger.submissions.absent(id, other)).toBe(false);
    await ledger.keys.confirm(account, 'key-3', 1);
    expect(await ledger.submissions.isOfKey(id, 'key-3')).toBe(true);
    expect(await ledger.submissions.absent(id, 'key-3')).toBe(true);
  });

  it('are of the latest request’s vendor account where a person says so', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    const id = await claimOne(ledger, range);
    await ledger.keys.accept(account, other);
    expect(await ledger.submissions.isOfKey(id, other)).toBe(true);
  });

  it('are proven by the latest jobs and by models with a training request', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(4));
    const { granted } = await ledger.claims.claim(range, options);
    const ids = granted.map(({ submission }) => submission);
    for (const id of ids.slice(0, 3)) await finish(ledger, id);
    // Anybody's job may be named by a person.
    await ledger.submissions.ambiguous(ids[3] ?? '', 'reset');
    await ledger.submissions.park(ids[3] ?? '', 'reset');
    const job = { kind: 'job', job: {}, jobId: 'named', ...times } as const;
    await ledger.submissions.resolve(ids[3] ?? '', job);
    await ledger.remotes.leaseModel(account, 'set', 'a', 1_000);
    await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'armed', { remoteId: 'm' });
    const proofs = () => ledger.keys.proofs(account);
    expect((await proofs()).map(({ of }) => of.kind)).toEqual(['job', 'job', 'job']);
    expect(JSON.stringify(await proofs())).not.toContain('named');
    await ledger.claims.claimTraining(training(range.run), options);
    expect((await proofs()).at(-1)).toEqual({ holder: 1, of: { kind: 'model', id: 'm' } });
  });

  describe('of another vendor account are accepted', () => {
    const adopt = async (): Promise<unknown> => await ledger.keys.adopt(account, other);
    const none = { requests: 0, files: 0, refunds: 0, models: 0, gaps: 0 };

    it('only when nothing is unfinished', async () => {
      const range = await startBatch(ledger, 'fox', plannedShots(1));
      const id = await claimOne(ledger, range);
      expect(await adopt()).toEqual({ ...none, requests: 1 });
      await ledger.submissions.submitted(id, {}, 'job', times);
      await ledger.submissions.succeeded(id, oneOutput);
      expect(await adopt()).toEqual({ ...none, files: 1 });
      await ledger.submissions.loseOutput(id, 0, 'gone');
      expect(await adopt()).toBeUndefined();
      expect(await ledger.keys.isOwn(account, other)).toBe(true);
      expect(await ledger.keys.isOwn(account, keyHash)).toBe(true);
    });

    it('and its jobs prove nothing about requests of the other', async () => {
      await finish(
        ledger,
        await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1))),
      );
      await ledger.learned.putQuotes(account, [{ key: 'a', amount: 7 }]);
      expect(await adopt()).toBeUndefined();
      expect(await ledger.learned.quotes(account)).toEqual([]);
      const range = await startBatch(ledger, 'hen', [plannedShot(7)]);
      const id = await claimOne(ledger, range, { keyHash: other });
      expect(await ledger.submissions.knownJobs(id)).toEqual([]);
      expect(await ledger.submissions.isOfKey(id, keyHash)).toBe(false);
    });

    it('not while a refund is promised, a model is paid for or a gap is open', async () => {
      const range = await startBatch(ledger, 'fox', plannedShots(1));
      const id = await claimOne(ledger, range);
      await ledger.submissions.submitted(id, {}, 'job', times);
      const failure = { reason: 'no', refunded: 'promised', billed: null } as const;
      await ledger.submissions.failed(id, failure);
      await ledger.remotes.leaseModel(account, 'set', 'a', 1_000);
      await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'armed', { remoteId: 'm' });
      expect(await adopt()).toEqual({ ...none, refunds: 1 });
      const [trigger] = (await ledger.claims.claimTraining(training(range.run), options)).granted;
      expect(await adopt()).toEqual({ ...none, refunds: 1, models: 1, requests: 1 });
      await ledger.submissions.rejected(trigger?.submission ?? '', 'no', 'fail');
      await ledger.gaps.add({ from: 1, to: 2, why: 'restored' });
      expect(await adopt()).toEqual({ ...none, refunds: 1, gaps: 1 });
    });
  });
}

const training = (run: number) => ({
  batch: 'fox',
  run,
  account,
  fingerprint: 'set',
  price: { amount: 1, unit: 'credits', basis: 'exact' } as const,
  key: 'train/anna',
});
