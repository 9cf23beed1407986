import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  finish,
  keyHash,
  oneOutput,
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

  it('belong to the account from the first one on', async () => {
    expect(await ledger.keys.isOwn(account, keyHash)).toBe(true);
    expect(await ledger.keys.isOwn(account, other)).toBe(false);
    await ledger.keys.confirm(account, other);
    expect(await ledger.keys.isOwn(account, other)).toBe(true);
    expect(await ledger.keys.isOwn(account, keyHash)).toBe(true);
  });

  it('of another vendor account get no grant, and call no request absent', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    const id = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(id, 'reset');
    await expect(claimOne(ledger, range, { keyHash: other })).rejects.toThrow(/another key/);
    expect(await ledger.submissions.absent(id, other)).toBe(false);
    await ledger.keys.confirm(account, other);
    expect(await ledger.submissions.absent(id, other)).toBe(true);
  });

  it('are proven by the latest jobs and by models in training', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(4));
    for (let number = 0; number < 4; number += 1)
      await finish(ledger, await claimOne(ledger, range));
    await ledger.remotes.leaseModel(account, 'set', 'a', 1_000);
    await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'created', { remoteId: 'm' });
    const proofs = await ledger.keys.proofs(account);
    expect(proofs.jobs).toHaveLength(3);
    expect(proofs.jobs[0]).toMatchObject({ jobId: expect.stringMatching(/^job-/) as string });
    expect(proofs.models).toEqual([]);
    await ledger.remotes.setModelPhase(account, 'set', ['created'], 'ready');
    expect((await ledger.keys.proofs(account)).models).toEqual(['m']);
  });

  describe('replace an account', () => {
    const stakes = async (): Promise<unknown> => await ledger.keys.replace(account, other);

    it('only when nothing is unfinished there', async () => {
      const range = await startBatch(ledger, 'fox', plannedShots(1));
      const id = await claimOne(ledger, range);
      const none = { requests: 0, files: 0, refunds: 0, models: 0 };
      expect(await stakes()).toEqual({ ...none, requests: 1 });
      await ledger.submissions.submitted(id, {}, 'job', times);
      await ledger.submissions.succeeded(id, oneOutput);
      expect(await stakes()).toEqual({ ...none, files: 1 });
      await ledger.submissions.loseOutput(id, 0, 'gone');
      expect(await stakes()).toBeUndefined();
      expect(await ledger.keys.isOwn(account, other)).toBe(true);
      expect(await ledger.keys.isOwn(account, keyHash)).toBe(false);
      expect(await ledger.keys.replace(account, keyHash)).toBeUndefined();
      expect(await ledger.keys.isOwn(account, keyHash)).toBe(true);
    });

    it('whose jobs prove nothing about the requests of the next one', async () => {
      await finish(
        ledger,
        await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1))),
      );
      expect(await stakes()).toBeUndefined();
      const range = await startBatch(ledger, 'hen', [plannedShot(7)]);
      const id = await claimOne(ledger, range, { keyHash: other });
      expect(await ledger.submissions.knownJobs(id)).toEqual([]);
      expect((await ledger.keys.proofs(account)).jobs).toEqual([]);
    });

    it('waits for a promised refund and for a trained model', async () => {
      const id = await claimOne(ledger, await startBatch(ledger, 'fox', plannedShots(1)));
      await ledger.submissions.submitted(id, {}, 'job', times);
      const failure = { reason: 'no', refunded: 'promised', billed: null } as const;
      await ledger.submissions.failed(id, failure);
      await ledger.remotes.leaseModel(account, 'set', 'a', 1_000);
      await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'ready', { remoteId: 'm' });
      expect(await stakes()).toEqual({ requests: 0, files: 0, refunds: 1, models: 1 });
    });
  });
}
