import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PlannedShot } from '../../../src/batch/shot.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  acceptedRun,
  account,
  accountSettings,
  claimOne,
  everything,
  file,
  finish,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

export function planSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
  });
  afterEach(async () => opened.close());
  const shots = () => everything(ledger.reports.shots('fox', { retired: true }));

  it('keeps paid output over a rename and retires the old key', async () => {
    await finish(ledger, await claimOne(ledger, await startBatch(ledger, 'fox', [plannedShot(0)])));
    await startBatch(ledger, 'fox', [plannedShot(0, { name: 'renamed' })]);
    expect(await shots()).toMatchObject([
      { key: 'one/renamed', state: 'done', cached: true },
      { key: 'one/shot-0000', state: 'retired' },
    ]);
  });

  it('writes nothing for a planning pass of an earlier run that wakes late', async () => {
    const old = plannedShot(0);
    const first = await startBatch(ledger, 'fox', [old]);
    await finish(ledger, await claimOne(ledger, first));
    const present = plannedShot(0, { fingerprint: 'fp-new' });
    const second = await startBatch(ledger, 'fox', [present, plannedShot(1)]);
    await claimOne(ledger, second);
    const before = await shots();
    await ledger.plans.putShots('fox', first.run, [old, plannedShot(2)]);
    await ledger.plans.retireOthers('fox', first.run, 'one');
    expect(await ledger.plans.makeLanes('fox', first.run, 'one', 1)).toEqual([]);
    expect(await shots()).toEqual(before);
    expect(before.map(({ fingerprint, state }) => [fingerprint, state])).toEqual([
      ['fp-new', 'bound'],
      ['fp-1', 'open'],
    ]);
    expect((await ledger.claims.claim(second, options)).granted).toHaveLength(1);
  });

  it('notes no stop of an earlier run over one of the present run', async () => {
    const first = await startBatch(ledger, 'fox', plannedShots(1));
    const second = await startBatch(ledger, 'fox', plannedShots(1));
    await ledger.batches.noteStop(second, { kind: 'maxFailures' });
    await ledger.batches.noteStop(first, { kind: 'superseded' });
    const status = await ledger.reports.status('fox');
    expect(status).toMatchObject({ stops: [{ kind: 'maxFailures' }], isStopped: true });
  });

  it('opens a changed shot, and a failed one only in a new run', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    await finish(ledger, await claimOne(ledger, range));
    await ledger.submissions.rejected(await claimOne(ledger, range), '400', 'fail');
    await ledger.plans.putShots('fox', range.run, plannedShots(2));
    expect((await shots()).map(({ state }) => state)).toEqual(['done', 'failed']);
    await startBatch(ledger, 'fox', [plannedShot(0, { fingerprint: 'new' }), plannedShot(1)]);
    expect((await shots()).map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it('names a model that is given by its id until it is seen ready in the run', async () => {
    const other = 'other@https://api.example.test';
    await ledger.batches.putAccounts([accountSettings({ account: other })]);
    const existing = (number: number, at: string): PlannedShot => {
      const shot = plannedShot(number, { account: at });
      return { ...shot, request: { ...shot.request, choice: { kind: 'existing', id: 'm-1' } } };
    };
    const shots = [existing(0, account), existing(1, other), plannedShot(2)];
    const { run } = await startBatch(ledger, 'fox', shots);
    const needed = (of: number) => ledger.plans.neededModels('fox', of, 'one');
    expect(await needed(run)).toEqual([
      { account, id: 'm-1' },
      { account: other, id: 'm-1' },
    ]);
    await ledger.remotes.seeModel(account, 'm-1');
    expect(await needed(run)).toEqual([{ account: other, id: 'm-1' }]);
    expect(
      await ledger.plans.block('fox', run, { model: { account: other, id: 'm-1' } }, 'no'),
    ).toBe(1);
    expect(await needed(run)).toEqual([]);
    now += 1_000;
    const again = await startBatch(ledger, 'fox', shots);
    expect(await needed(again.run)).toHaveLength(2);
  });

  it('gives open and bound shots dense positions, one lane per account', async () => {
    const other = 'other name@https://api.example.test';
    await ledger.batches.putAccounts([accountSettings({ account: other })]);
    const { run } = await startBatch(ledger, 'fox', plannedShots(3));
    await ledger.plans.putShots('fox', run, [plannedShot(3, { account: other })]);
    expect(await ledger.plans.makeLanes('fox', run, 'one', 2)).toEqual([
      { lane: 'one.acme.2', account, step: 'one', shots: 3 },
      { lane: 'one.other-name.2', account: other, step: 'one', shots: 1 },
    ]);
  });

  it('answers saved outputs in plan order with what their shots hand on', async () => {
    const planned = [1, 0].map((number) =>
      plannedShot(number, { variables: { sku: `sku-${number}` } }),
    );
    const range = await startBatch(ledger, 'fox', planned);
    for (let count = 0; count < 2; count += 1) {
      const id = await claimOne(ledger, range);
      await ledger.submissions.submitted(id, {}, id, times);
      const output = { remote: null, url: null, expiresAt: null };
      const outputs = count === 0 ? [output, output] : [output];
      await ledger.submissions.succeeded(id, { outputs, billed: null });
      for (const index of outputs.keys())
        await ledger.submissions.saveOutput(id, index, file(`sha-${count}-${index}`));
    }
    const found = await everything(ledger.plans.sources('fox', ['one'], 'all'));
    expect(found.map(({ name, sha256 }) => [name, sha256])).toEqual([
      ['shot-0000', 'sha-0-0'],
      ['shot-0000--extra-2', 'sha-0-1'],
      ['shot-0001', 'sha-1-0'],
    ]);
    expect(found[0]?.shot).toMatchObject({ variables: { sku: 'sku-0' }, prompt: 'image 0' });
    expect(await everything(ledger.plans.sources('fox', ['one'], 'approved'))).toEqual([]);
  });

  it('lists trainings and uploads that open shots need, once each, and blocks what cannot start', async () => {
    const set = { fingerprint: 'set', name: 'anna', subject: {}, images: [] };
    const base = plannedShot(0).request;
    const request: PlannedShot['request'] = {
      ...base,
      choice: { kind: 'training', set },
      references: [{ kind: 'file', sha256: 'aa', path: 'refs/a.png' }],
    };
    const { run } = await startBatch(ledger, 'fox', plannedShots(2, { request }));
    expect(await ledger.plans.neededTrainings('fox', run, 'one')).toEqual([
      { account, choice: { kind: 'training', set } },
    ]);
    const own = () => ({ key: account, as: 'id' }) as const;
    const needed = await ledger.plans.neededUploads('fox', run, 'one', own);
    expect(needed).toMatchObject([
      { account, place: account, sha256: 'aa', trainedModelFingerprint: 'set' },
    ]);
    expect(await ledger.plans.neededUploads('fox', run, 'one', () => undefined)).toEqual([]);
    const { purpose } = needed[0] ?? { purpose: '' };
    const stored = { remote: { id: 1 }, url: null, expiresAt: null };
    expect(await ledger.remotes.intendUpload(account, 'aa', purpose)).toBe(true);
    expect(await ledger.remotes.intendUpload(account, 'aa', purpose, 1)).toBe(true);
    expect(await ledger.remotes.intendUpload(account, 'bb', purpose, 1)).toBe(false);
    expect(await ledger.remotes.upload(account, 'bb', purpose)).toBeUndefined();
    expect(await ledger.remotes.intendUpload(account, 'bb', 'another', 1)).toBe(true);
    await ledger.remotes.storeUpload(account, 'aa', purpose, { ...stored, ready: false });
    expect(await ledger.remotes.upload(account, 'aa', purpose)).toEqual({
      state: 'processing',
      ...stored,
    });
    expect(await ledger.plans.neededUploads('fox', run, 'one', own)).toHaveLength(1);
    await ledger.remotes.storeUpload(account, 'aa', purpose, { ...stored, ready: true });
    expect(await ledger.remotes.upload(account, 'aa', purpose)).toEqual({
      state: 'stored',
      ...stored,
    });
    expect(await ledger.plans.neededUploads('fox', run, 'one', own)).toEqual([]);
    const host = () => ({ key: 's3://bucket/', as: 'link' }) as const;
    const hosted = await ledger.plans.neededUploads('fox', run, 'one', host);
    expect(hosted).toMatchObject([{ account, place: 's3://bucket/', sha256: 'aa' }]);
    await ledger.remotes.dropUpload(account, 'aa', purpose);
    expect(await ledger.remotes.upload(account, 'aa', purpose)).toBeUndefined();
    expect(await ledger.plans.block('fox', run, { sha256: 'bb' }, 'no')).toBe(0);
    expect(await ledger.plans.block('fox', run, { trainingFingerprint: 'set' }, 'no')).toBe(2);
  });

  it('needs no upload of an output that lies where its reader looks', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(1));
    const submission = await claimOne(ledger, range);
    await finish(ledger, submission);
    const output = { kind: 'output', submission, index: 0, sha256: submission } as const;
    const reader = { ...plannedShot(1).request, references: [output] };
    const { run } = await startBatch(ledger, 'reader', [plannedShot(1, { request: reader })]);
    const at = async (key: string, as: 'id' | 'link') =>
      await ledger.plans.neededUploads('reader', run, 'one', () => ({ key, as }));
    expect(await at(account, 'id')).toEqual([]);
    expect(await at('s3://bucket/', 'link')).toEqual([]);
  });

  it('knows fingerprints as cached, in flight or failed', async () => {
    const range = await startBatch(ledger, 'fox', plannedShots(4));
    await finish(ledger, await claimOne(ledger, range));
    await ledger.submissions.rejected(await claimOne(ledger, range), '400', 'fail');
    await claimOne(ledger, range);
    const known = await ledger.plans.lookup(account, ['fp-0', 'fp-1', 'fp-2', 'fp-3']);
    expect([...known]).toEqual([
      ['fp-0', 'cached'],
      ['fp-1', 'failed'],
      ['fp-2', 'inFlight'],
    ]);
  });

  it('knows the accounts that the shots of a batch are at', async () => {
    const { accountsOf } = ledger.plans;
    await startBatch(ledger, 'fox', plannedShots(1));
    expect(await accountsOf('fox', 'all')).toEqual([account]);
    expect(await accountsOf('fox', 'run')).toEqual([account]);
    expect(await accountsOf('hen', 'all')).toEqual([]);
  });

  it('knows the accounts that each plan of a batch was accepted for, whatever was put since', async () => {
    const [before, cached] = ['acme@https://old.example', 'zoo@https://zoo.example'];
    const { accountsOf } = ledger.plans;
    await startBatch(ledger, 'fox', [plannedShot(0, { account: before })], {
      accounts: [before, cached],
    });
    expect(await accountsOf('fox', 'run')).toEqual([before, cached]);
    await startBatch(ledger, 'fox', plannedShots(1));
    expect(await accountsOf('fox', 'run')).toEqual([account]);
    expect(await accountsOf('fox', 'all')).toEqual([before, account, cached].toSorted());
  });

  it('leaves a batch name to the file that owns it', async () => {
    await startBatch(ledger, 'fox', []);
    const other = acceptedRun('fox', { ownerPath: '/elsewhere/fox.yaml' });
    await expect(ledger.batches.startRun(other)).rejects.toThrow(/belongs to \/files\/fox.yaml/);
    const to = { ownerPath: '/elsewhere/fox.yaml', project: '/elsewhere' };
    expect(await ledger.batches.passOn('fox', '/elsewhere/fox.yaml', to)).toBe(false);
    expect(await ledger.batches.passOn('fox', '/files/fox.yaml', to)).toBe(true);
    await ledger.batches.startRun(other);
  });

  it('wants a trained model seen once in each run', async () => {
    const set = { fingerprint: 'set', name: 'anna', subject: {}, images: [] };
    const request = { ...plannedShot(0).request, choice: { kind: 'training', set } as const };
    const needed = async () => {
      const { run } = (await ledger.batches.get('fox')) ?? { run: 0 };
      return (await ledger.plans.neededTrainings('fox', run, 'one')).length;
    };
    await startBatch(ledger, 'fox', [plannedShot(0, { request })]);
    await ledger.remotes.leaseModel(account, 'set', 'a', 60_000);
    expect(await needed()).toBe(1);
    await ledger.remotes.setModelPhase(account, 'set', ['creating'], 'ready', { remoteId: 'm' });
    expect(await needed()).toBe(0);
    now += 1_000;
    await startBatch(ledger, 'fox', [plannedShot(0, { request })]);
    expect(await needed()).toBe(1);
    await ledger.remotes.setModelPhase(account, 'set', ['ready'], 'ready');
    expect(await needed()).toBe(0);
    expect((await ledger.remotes.model(account, 'set'))?.remoteId).toBe('m');
  });

  it('lets one owner at a time make a model', async () => {
    expect(await ledger.remotes.leaseModel(account, 'set', 'a', 60_000)).toBe(true);
    expect(await ledger.remotes.leaseModel(account, 'set', 'b', 60_000)).toBe(false);
    const facts = { remoteId: 'm-1' };
    const created = await ledger.remotes.setModelPhase(
      account,
      'set',
      ['creating'],
      'created',
      facts,
    );
    expect(created).toBe(true);
    await ledger.remotes.intendModelImage(account, 'set', 'aa');
    await ledger.remotes.storeModelImage(account, 'set', 'aa', 'i-1');
    expect([...(await ledger.remotes.modelImages(account, 'set'))]).toEqual([['aa', 'i-1']]);
    expect(await ledger.remotes.abandonModel(account, 'set')).toBe(true);
    expect((await ledger.remotes.modelImages(account, 'set')).size).toBe(0);
    expect(await ledger.remotes.model(account, 'set')).toMatchObject({
      phase: 'creating',
      remoteId: null,
    });
  });

  it('remembers since when the vendor has had no such model', async () => {
    await ledger.remotes.leaseModel(account, 'set', 'a', 60_000);
    const since = async () => (await ledger.remotes.model(account, 'set'))?.missingSince;
    const first = now;
    await ledger.remotes.noteModelMissing(account, 'set', true);
    now += 1_000;
    await ledger.remotes.noteModelMissing(account, 'set', true);
    expect(await since()).toBe(first);
    // The clock was set back: not since a time that is still to come.
    now -= 3_600_000;
    await ledger.remotes.noteModelMissing(account, 'set', true);
    expect(await since()).toBe(now);
    await ledger.remotes.noteModelMissing(account, 'set', false);
    expect(await since()).toBeNull();
  });
}
