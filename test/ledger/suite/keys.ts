import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  finish,
  keyHash,
  options,
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

  it('are accepted from the first one on, as long as nothing was sent', async () => {
    const { keys } = ledger;
    expect(await keys.isOwn(account, keyHash)).toBe(false);
    expect(await keys.acceptFirst(account, other)).toBe(true);
    expect(await keys.acceptFirst(account, keyHash)).toBe(true);
    expect(await keys.isOwn(account, other)).toBe(false);
    // A refused request, as by a mistyped key, made nothing.
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    await ledger.submissions.rejected(await claimOne(ledger, range), '401', 'reopen');
    expect(await keys.acceptFirst(account, other)).toBe(true);
    expect(await keys.acceptFirst(account, keyHash)).toBe(true);
    await claimOne(ledger, range);
    expect(await keys.acceptFirst(account, keyHash)).toBe(true);
    expect(await keys.acceptFirst(account, other)).toBe(false);
    expect(await keys.isOwn(account, other)).toBe(false);
    await keys.accept(account, other);
    expect(await keys.isOwn(account, other)).toBe(true);
    expect(await keys.isOwn(account, keyHash)).toBe(true);
  });

  it('get no grant while they are not accepted, and call no request absent', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    const id = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(id, 'reset');
    await expect(claimOne(ledger, range, { keyHash: other })).rejects.toThrow(/not accepted/);
    expect(await ledger.submissions.absent(id, other)).toBe(false);
    await ledger.keys.accept(account, other);
    expect(await ledger.submissions.absent(id, other)).toBe(true);
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
    expect((await proofs()).map(({ kind }) => kind)).toEqual(['job', 'job', 'job']);
    expect(JSON.stringify(await proofs())).not.toContain('named');
    await ledger.claims.claimTraining(training(range.run), options);
    expect((await proofs()).at(-1)).toEqual({ kind: 'model', id: 'm' });
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
