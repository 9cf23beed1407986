import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reference, ShotRequest } from '../../../src/batch/request.ts';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  everything,
  file,
  finish,
  claimOne,
  money,
  options,
  plannedShot,
  startBatch,
  times,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const set = {
  fingerprint: 'people-1',
  name: 'anna',
  subject: {},
  images: [{ sha256: 'a1', path: 'anna/01.jpg' }],
};
const reference: Reference = { kind: 'file', sha256: 'b2', path: 'photos/mug.jpg' };
const request: ShotRequest = {
  account: 'acme',
  model: 'trained',
  choice: { kind: 'training', set },
  options: {},
  references: [reference],
};
const price = { amount: 9_000, unit: 'credits', basis: 'exact' } as const;

export function knownThingsSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let range: Range;
  beforeEach(async () => {
    opened = await open({});
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    range = await startBatch(ledger, 'fox', [plannedShot(0, { request })]);
  });
  afterEach(async () => opened.close());

  const claimTraining = () =>
    ledger.claims.claimTraining(
      { ...range, fingerprint: set.fingerprint, price, key: 'train/anna' },
      options,
    );
  const beginTraining = async (): Promise<string> => {
    const { remotes, submissions } = ledger;
    await remotes.leaseModel(account, set.fingerprint, 'test', 1_000);
    await remotes.setModelPhase(account, set.fingerprint, ['creating'], 'armed', {
      remoteId: 'model-1',
    });
    await remotes.storeModelImage(account, set.fingerprint, 'a1', 'image-1');
    const [grant] = (await claimTraining()).granted;
    if (!grant) throw new Error('the training was not granted');
    await submissions.submitted(grant.submission, {}, 'model-1', times);
    return grant.submission;
  };
  const train = async () => {
    const submission = await beginTraining();
    await ledger.submissions.succeeded(submission, { outputs: [], billed: null });
    await ledger.remotes.setModelPhase(account, set.fingerprint, ['armed'], 'ready');
  };
  const store = (remote: string | { media: string }, purpose = 'reference') =>
    ledger.remotes.storeUpload(account, 'b2', purpose, { remote, url: null, expiresAt: null });

  it('knows what it brought to an account, and as which file or training', async () => {
    await train();
    await store('file-1', `training:${set.fingerprint}`);
    await store({ media: 'file-2' });
    expect(await ledger.remotes.knownThings(account)).toEqual(
      new Map([
        ['model-1', { kind: 'model', name: 'anna', hash: 'people-1' }],
        ['image-1', { kind: 'image', name: 'anna/01.jpg', hash: 'a1' }],
        ['file-1', { kind: 'reference', name: 'photos/mug.jpg', hash: 'b2' }],
        ['file-2', { kind: 'reference', name: 'photos/mug.jpg', hash: 'b2' }],
      ]),
    );
    expect(await ledger.remotes.knownThings('other@https://api.example.test')).toEqual(new Map());
  });

  it('names what an account hosts for another, and outputs by their shots', async () => {
    const host = 'host@https://files.example.test';
    const stored = { remote: 'file-3', url: null, expiresAt: null };
    await ledger.remotes.storeUpload(host, 'b2', 'reference', stored);
    const lane = await startBatch(ledger, 'hare', [plannedShot(1)]);
    await finish(ledger, await claimOne(ledger, lane), 'c3');
    await ledger.remotes.storeUpload(host, 'c3', 'reference', { ...stored, remote: 'file-4' });
    expect(await ledger.remotes.knownThings(host)).toEqual(
      new Map([
        ['file-3', { kind: 'reference', name: 'photos/mug.jpg', hash: 'b2' }],
        ['file-4', { kind: 'reference', name: 'one/shot-0001', hash: 'c3' }],
      ]),
    );
  });

  it('forgets uploads by the vendor’s id, wherever in their reference it stands', async () => {
    await store({ media: 'file-2' });
    await store('file-1', 'existing:model-9');
    await ledger.remotes.forgetUploads(account, ['file-2', 'stranger']);
    expect(await ledger.remotes.upload(account, 'b2', 'reference')).toBeUndefined();
    expect(await ledger.remotes.upload(account, 'b2', 'existing:model-9')).toBeDefined();
  });

  it('adds a forgotten training image again, as long as the model is not trained', async () => {
    const { remotes } = ledger;
    await remotes.leaseModel(account, set.fingerprint, 'test', 1_000);
    await remotes.setModelPhase(account, set.fingerprint, ['creating'], 'armed', {
      remoteId: 'model-1',
    });
    await remotes.storeModelImage(account, set.fingerprint, 'a1', 'image-1');
    await remotes.forgetUploads(account, ['image-1']);
    expect((await remotes.model(account, set.fingerprint))?.phase).toBe('uploading');
    expect(await remotes.modelImages(account, set.fingerprint)).toEqual(new Map());
  });

  it('keeps an output whose place at the vendor is gone, but reads it there no more', async () => {
    const lane = await startBatch(ledger, 'hare', [plannedShot(1)]);
    const submission = await claimOne(ledger, lane);
    await ledger.submissions.submitted(submission, {}, 'job-1', times);
    const url = 'https://files.example.test/a';
    await ledger.submissions.succeeded(submission, {
      outputs: [{ remote: 'image-9', url, expiresAt: null }],
      billed: null,
    });
    await ledger.submissions.saveOutput(submission, 0, file('c3'));
    await ledger.remotes.forgetUploads(account, ['image-1']);
    expect(await ledger.remotes.output(submission, 0)).toMatchObject({ remote: 'image-9', url });
    await ledger.remotes.forgetUploads(account, ['image-9']);
    expect(await ledger.remotes.output(submission, 0)).toMatchObject({ remote: null, url: null });
    expect(await ledger.reports.shot('hare', 'one/shot-0001')).toMatchObject({ state: 'done' });
  });

  it('trains and pays again for a model that was deleted', async () => {
    await train();
    await store('file-1', `training:${set.fingerprint}`);
    expect((await claimTraining()).attached).toBe(1);
    await ledger.remotes.forgetModel(account, 'model-1');
    expect(await ledger.remotes.model(account, set.fingerprint)).toBeUndefined();
    expect(await ledger.remotes.knownThings(account)).toEqual(new Map());
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 9_000, reserved: 0 });
    const needed = await ledger.plans.neededTrainings('fox', range.run, 'one');
    expect(needed).toHaveLength(1);
    expect((await claimTraining()).granted).toHaveLength(1);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 9_000, reserved: 9_000 });
  });

  it('counts a training under way as paid when its model is deleted', async () => {
    await beginTraining();
    await ledger.remotes.forgetModel(account, 'model-1');
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 9_000, reserved: 0 });
    const submissions = await everything(ledger.reports.submissions('fox'));
    expect(submissions).toMatchObject([{ operation: 'train', state: 'failed' }]);
  });

  it('forgets nothing for an id that it does not know', async () => {
    await train();
    await ledger.remotes.forgetModel(account, 'stranger');
    expect((await ledger.remotes.model(account, set.fingerprint))?.phase).toBe('ready');
  });
}
