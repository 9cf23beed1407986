import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ledger, Range } from '../../../src/ledger/port.ts';
import { priceKey } from '../../../src/batch/price-key.ts';
import {
  account,
  accountSettings,
  claimOne,
  everything,
  money,
  oneOutput,
  options,
  plannedShot,
  plannedShots,
  startBatch,
  times,
  keyHash,
} from '../fixture.ts';
import type { Open, OpenLedger } from '../suite.ts';

const hour = 60 * 60_000;

export function billSuite(open: Open): void {
  let opened: OpenLedger;
  let ledger: Ledger;
  let now: number;
  let range: Range;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 31, 12);
    opened = await open({ now: () => now });
    ledger = opened.ledger;
    await ledger.batches.putAccounts([accountSettings()]);
    // Four images of 1,000 each were accepted, and a fifth of another size.
    range = await startBatch(
      ledger,
      'fox',
      [...plannedShots(4), plannedShot(4, { request: { ...kind, resolution: '4K' } })],
      { accepted: [{ account, unit: 'credits', cap: 5_000 }] },
    );
  });
  afterEach(async () => opened.close());

  const kind = plannedShot(0).request;
  const claim = () => ledger.claims.claim(range, { ...options, window: 1 });
  const bills = async () =>
    (await ledger.learned.bills(account)).map(({ key, amount }) => [key, amount]);
  const submit = async (job: string, billed?: number): Promise<string> => {
    const id = await claimOne(ledger, range);
    await ledger.submissions.submitted(id, { id: job }, job, {
      ...times,
      ...(billed && { billed }),
    });
    return id;
  };
  const bill = async (job: string, billed: number | null): Promise<void> => {
    await ledger.submissions.succeeded(await submit(job), { ...oneOutput, billed });
  };
  const priceOf = async (key: string) => (await ledger.reports.shot('fox', key))?.price;

  it('above their price block no account, and raise the price of what is alike', async () => {
    await bill('a', 2_500);
    expect(await bills()).toEqual([[priceKey(kind), 2_500]]);
    expect((await ledger.reports.status('fox'))?.blocks).toEqual([]);
    await submit('b');
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 2_500, reserved: 2_500 });
    expect(await priceOf('one/shot-0001')).toEqual({
      ...{ amount: 2_500, unit: 'credits', basis: 'billed' },
    });
  });

  it('keep the accepted sum: what does not fit at the new price is not sent', async () => {
    await bill('a', 4_000);
    // Another size may cost what its list says.
    await submit('b');
    expect((await ledger.reports.shot('fox', 'one/shot-0004'))?.state).toBe('bound');
    expect(await claim()).toMatchObject({
      granted: [],
      next: { kind: 'stopped', reason: { kind: 'budget', scope: 'accepted', account } },
    });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 4_000, reserved: 1_000 });
  });

  it('count for a job whose id comes late, though it was sent before they were known', async () => {
    const late = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(late, 'reset');
    await ledger.submissions.absent(late, keyHash);
    await submit('a', 2_500);
    expect(await ledger.submissions.lateJob(late, { id: 'b' }, 'b', times)).toBe(true);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 0, reserved: 5_000 });
    await ledger.submissions.succeeded(late, { ...oneOutput, billed: null });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 2_500, reserved: 2_500 });
  });

  it('that a late answer tells count at once, as those of any answer', async () => {
    const late = await claimOne(ledger, range);
    await ledger.submissions.ambiguous(late, 'reset');
    await ledger.submissions.absent(late, keyHash);
    await submit('a');
    await ledger.submissions.lateJob(late, { id: 'b' }, 'b', { ...times, billed: 2_500 });
    expect(await bills()).toEqual([[priceKey(kind), 2_500]]);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 0, reserved: 5_000 });
  });

  it('that come while others are under way raise what is reserved for those', async () => {
    const first = await submit('a');
    const second = await submit('b');
    await ledger.submissions.succeeded(first, { ...oneOutput, billed: 3_000 });
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 3_000, reserved: 3_000 });
    expect((await claim()).next).toMatchObject({ kind: 'stopped' });
    // A bill that is not told is taken to be as high.
    await ledger.submissions.succeeded(second, oneOutput);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 6_000, reserved: 0 });
  });

  it("count as soon as a start's answer tells them", async () => {
    await submit('a', 3_000);
    expect(await money(ledger, 'fox')).toMatchObject({ spent: 0, reserved: 3_000 });
    expect(await bills()).toEqual([[priceKey(kind), 3_000]]);
  });

  it('of a failed job and of the vendor’s list count as well', async () => {
    const id = await submit('a');
    await ledger.submissions.failed(id, { reason: 'broken', refunded: null, billed: 1_200 });
    expect(await bills()).toEqual([[priceKey(kind), 1_200]]);
    await bill('b', null);
    await ledger.submissions.noteListed(account, [{ jobId: 'b', billed: 1_300 }]);
    expect(await bills()).toEqual([[priceKey(kind), 1_300]]);
  });

  it('at their price or below teach nothing', async () => {
    await bill('a', 1_000);
    await bill('b', 400);
    const id = await submit('c');
    await ledger.submissions.failed(id, { reason: 'broken', refunded: true, billed: 0 });
    expect(await bills()).toEqual([]);
  });

  it('count by the highest of a day, and then by the last', async () => {
    await bill('a', 1_400);
    await bill('b', 1_200);
    expect(await bills()).toEqual([[priceKey(kind), 1_400]]);
    now += 25 * hour;
    await bill('c', 1_100);
    expect(await bills()).toEqual([[priceKey(kind), 1_100]]);
  });

  it('are told by model, with what was planned', async () => {
    await bill('a', 1_400);
    await bill('b', 1_600);
    expect((await ledger.reports.status('fox'))?.raisedPrices).toEqual([
      { account, model: 'quick', unit: 'credits', planned: 1_000, billed: 1_600 },
    ]);
    const rows = await everything(ledger.reports.shots('fox'));
    expect(rows.map(({ billed }) => billed)).toEqual([1_400, 1_600, null, null, null]);
  });

  it('leave a request whose price nobody knew to the next plan', async () => {
    const shots = plannedShots(2, { price: { amount: null, unit: 'credits', basis: 'unknown' } });
    range = await startBatch(ledger, 'hen', shots.map(elsewhere), { unknownPrices: true });
    const id = await submit('a');
    await ledger.submissions.succeeded(id, { ...oneOutput, billed: 1_400 });
    expect(await bills()).toEqual([[priceKey(kind), 1_400]]);
    expect((await claim()).granted).toHaveLength(1);
    expect(await money(ledger, 'hen')).toMatchObject({ spent: 1_400, reserved: 0 });
  });
}

const elsewhere = <Shot extends { readonly fingerprint: string }>(shot: Shot): Shot => ({
  ...shot,
  fingerprint: `other-${shot.fingerprint}`,
});
