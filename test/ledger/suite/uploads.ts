import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PlannedShot } from '../../../src/batch/shot.ts';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  money,
  plannedShot,
  startBatch,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

/** Uploads that the vendor may have deleted since they were made. */
export function uploadSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  let range: Range;

  const request: PlannedShot['request'] = {
    ...plannedShot(0).request,
    references: [{ kind: 'file', sha256: 'aa', path: 'refs/a.png' }],
  };
  const purpose = 'reference';
  const start = async () => {
    now += 1_000;
    range = await startBatch(ledger, 'fox', [plannedShot(0, { request })]);
    now += 1_000;
  };
  const own = () => ({ key: account, as: 'id' }) as const;
  const needed = async () => ledger.plans.neededUploads('fox', range.run, 'one', own);
  const store = async (remote = 'file-1') =>
    ledger.remotes.storeUpload(account, 'aa', purpose, { remote, url: null, expiresAt: null });
  const upload = async () => ledger.remotes.upload(account, 'aa', purpose);

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    await start();
  });
  afterEach(async () => opened.close());

  it('checks an upload of an earlier run once per run', async () => {
    expect(await needed()).toEqual([expect.not.objectContaining({ remote: expect.anything() })]);
    await store();
    expect(await needed()).toEqual([]);
    await start();
    expect(await needed()).toMatchObject([{ sha256: 'aa', purpose, remote: 'file-1' }]);
    await ledger.remotes.seeUpload(account, 'aa', purpose);
    expect(await needed()).toEqual([]);
    await start();
    expect(await needed()).toHaveLength(1);
  });

  it('drops only the upload that was found to be gone', async () => {
    await store('file-1');
    await store('file-2');
    await ledger.remotes.dropUpload(account, 'aa', purpose, 'file-1');
    expect(await upload()).toMatchObject({ remote: 'file-2' });
    await ledger.remotes.dropUpload(account, 'aa', purpose, 'file-2');
    expect(await upload()).toBeUndefined();
  });

  it('drops by a refused request only what was uploaded before its run', async () => {
    await store();
    const drop = async () =>
      ledger.remotes.dropOldUpload(account, 'aa', purpose, await claimOne(ledger, range));
    await drop();
    expect(await upload()).toBeDefined();
    await everything(ledger.reports.submissions('fox')).then(([row]) =>
      ledger.submissions.rejected(row?.submission ?? '', '400', 'fail'),
    );
    await start();
    // Seen to be there, and told so again with the same id: it is still the old one.
    await store();
    await ledger.remotes.seeUpload(account, 'aa', purpose);
    await drop();
    expect(await upload()).toBeUndefined();
  });

  it('renews a refused request once in a run, for no try and no money', async () => {
    const refuse = async () =>
      ledger.submissions.rejected(await claimOne(ledger, range), 'no such media', 'renew');
    const shot = async () => ledger.reports.shot('fox', 'one/shot-0000');
    expect(await refuse()).toBe(true);
    expect(await shot()).toMatchObject({ state: 'open', tries: 0, why: null });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 0 });
    expect(await refuse()).toBe(true);
    expect(await shot()).toMatchObject({
      state: 'failed',
      why: 'a file that it names was gone at the vendor: no such media',
    });
    expect(await money(ledger, 'fox')).toMatchObject({ reserved: 0, spent: 0 });
    await start();
    await refuse();
    expect(await shot()).toMatchObject({ state: 'open' });
  });
}
