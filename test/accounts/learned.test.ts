import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf } from '../../src/accounts/catalogue.ts';
import { LearnedAccounts, type LearnedOptions } from '../../src/accounts/learned.ts';
import { Wants } from '../../src/accounts/wants.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { Backoff } from '../../src/http/backoff.ts';
import type { WaitClock } from '../../src/http/wait-clock.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import type { ShotRequest } from '../../src/batch/request.ts';
import { accountSettings, claimOne, plannedShot, startBatch, times } from '../ledger/fixture.ts';
import { LeapingClock } from '../http/driven-clock.ts';
import { type Answer, openShop, shotRequest } from './shop.ts';

const hour = 3_600_000;
let folder: string;
let ledger: Ledger;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-learned-'));
  now = Date.UTC(2026, 0, 1);
  ledger = await openSqliteLedger({ path: join(folder, 'ledger.db'), now: () => now });
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const learnedOf = (account: AccountConfig, options: Partial<LearnedOptions> = {}) =>
  new LearnedAccounts({ ledger: ledger.learned, accounts: [account], now: () => now, ...options });

/** Its provider, whose waits take no time. */
const shopOf = ({ vendor, baseUrl, apiKey = '', settings }: AccountConfig, clock: WaitClock) => {
  const provider = vendor.connect({ baseUrl, apiKey, settings, backoff: new Backoff({ clock }) });
  return () => provider;
};

const catalogue = (account: AccountConfig, learned: LearnedAccounts, wants?: Wants) =>
  catalogueOf({ accounts: new Map([[account.name, account]]) }, learned.of, wants);

const requestsOf = (...models: string[]) =>
  new Map(models.map((model) => [`${model} 1K`, shotRequest({ model })]));

const generous = (path: string): Answer =>
  path === '/models' ? { body: { models: ['plain', 'fancy'] } } : { body: { credits: 3 } };

describe('discover', () => {
  it('puts models that the vendor tells into a catalogue that was made before', async () => {
    const { account } = await openShop(generous);
    const learned = learnedOf(account);
    const spec = catalogue(account, learned).get('shop');
    expect(spec?.models.map(({ id }) => id)).toEqual(['plain']);
    expect(await learned.discover(account)).toBeUndefined();
    expect(spec?.models.map(({ id }) => id)).toEqual(['plain', 'fancy']);
  });

  it('asks once a day, and another process reads the answer from the ledger', async () => {
    const { account, received } = await openShop(generous);
    await learnedOf(account).discover(account);
    const other = learnedOf(account);
    await other.load();
    expect(other.of(account.key)).toMatchObject({ modelsAt: now });
    now += 23 * hour;
    await other.discover(account);
    expect(received).toHaveLength(1);
    now += 2 * hour;
    await other.discover(account);
    expect(received).toHaveLength(2);
    await other.discover(account, -1);
    expect(received).toHaveLength(3);
  });

  it('keeps what it knew, and says so, when the vendor cannot be reached', async () => {
    let broken = true;
    const { account } = await openShop((path) =>
      broken ? { status: 503, body: 'busy' } : generous(path),
    );
    const learned = learnedOf(account);
    expect(await learned.discover(account)).toContain('only the models of its documents');
    broken = false;
    await learned.discover(account);
    broken = true;
    expect(await learned.discover(account, -1)).toContain('its last report is used');
    expect(learned.of(account.key).models).toEqual({ models: ['plain', 'fancy'] });
  });

  it('asks nothing without a key', async () => {
    const { account, received } = await openShop(generous);
    const keyless = { ...account, apiKey: undefined };
    const learned = learnedOf(keyless);
    expect(await learned.discover(keyless)).toBeUndefined();
    expect(learned.unanswered(keyless, requestsOf('plain')).size).toBe(0);
    expect(await learned.quote(keyless, requestsOf('plain'))).toEqual([]);
    expect(received).toEqual([]);
  });
});

describe('quote', () => {
  it('turns unknown prices into quoted ones, for this process and the next', async () => {
    const { account, received } = await openShop(generous);
    const learned = learnedOf(account);
    const wants = new Wants();
    const spec = catalogue(account, learned, wants).get('shop');
    const request = shotRequest({ resolution: '2K' });
    expect(spec?.price(request)).toMatchObject({ amount: null, basis: 'unknown' });
    expect(wants.accounts).toEqual([account]);
    expect([...wants.requests(account).keys()]).toEqual(['plain 2K']);
    const open = learned.unanswered(account, wants.requests(account));
    expect(await learned.quote(account, open)).toEqual([]);
    expect(spec?.price(request)).toEqual({ amount: 3_000, unit: 'credits', basis: 'quoted' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ model: 'plain', resolution: '2K' });
    const next = learnedOf(account);
    await next.load();
    expect(next.of(account.key).quote('plain 2K')).toBe(3_000);
  });

  it('asks for what is missing before what is old, and not for what is fresh', async () => {
    const { account } = await openShop(generous);
    const learned = learnedOf(account);
    await learned.quote(account, requestsOf('old'));
    now += 25 * hour;
    await learned.quote(account, requestsOf('fresh'));
    const open = learned.unanswered(account, requestsOf('old', 'fresh', 'new'));
    expect([...open.keys()]).toEqual(['new 1K', 'old 1K']);
  });

  it('does not ask where shotlist.yaml gives the price', async () => {
    const { account } = await openShop(generous);
    const priced = { ...account, prices: { plain: '1' } };
    const wants = new Wants();
    catalogue(priced, learnedOf(priced), wants).get('shop')?.price(shotRequest());
    expect(wants.requests(priced).size).toBe(0);
  });

  it('asks a few at a time, and no more than a plan may', async () => {
    const { account, received } = await openShop(generous);
    const learned = learnedOf(account, { questionsMax: 60 });
    const many = requestsOf(...Array.from({ length: 100 }, (_, number) => `m${number}`));
    expect(await learned.quote(account, many)).toEqual([expect.stringContaining('40 prices')]);
    expect(received).toHaveLength(60);
    expect(learned.unanswered(account, many).size).toBe(40);
  });

  it('leaves a request without a price when the vendor refuses just that one', async () => {
    const { account } = await openShop((_, { model }) =>
      model === 'odd'
        ? { status: 422, body: { error: 'no such model' } }
        : { body: { credits: 2 } },
    );
    const learned = learnedOf(account);
    const notes = await learned.quote(account, requestsOf('plain', 'odd', 'fancy'));
    expect(notes).toEqual([expect.stringContaining('no such model')]);
    const facts = learned.of(account.key);
    expect([facts.quote('plain 1K'), facts.quote('odd 1K'), facts.quote('fancy 1K')]).toEqual([
      2_000,
      undefined,
      2_000,
    ]);
  });

  it('waits as long as a vendor that is asked too fast says, and loses no question', async () => {
    let asked = 0;
    const { account } = await openShop(() =>
      ++asked === 6
        ? { status: 429, body: { error: 'too fast' }, headers: { 'retry-after': '7' } }
        : { body: { credits: 1 } },
    );
    const clock = new LeapingClock();
    const learned = learnedOf(account, { provider: shopOf(account, clock) });
    const many = requestsOf(...Array.from({ length: 10 }, (_, number) => `m${number}`));
    expect(await learned.quote(account, many)).toEqual([]);
    expect(learned.of(account.key).quotes).toBe(10);
    expect(clock.waits).toEqual([7_000]);
  });

  it.each([
    { problem: 'a refused key', status: 401, asked: 4 },
    { problem: 'a minute that stays full', status: 429, asked: 16 },
    { problem: 'a vendor that is down', status: 503, asked: 4 },
    { problem: 'answers without sense', status: 500, asked: 6 },
  ])('stops asking at $problem', async ({ status, asked }) => {
    const { account, received } = await openShop(() => ({ status, body: { error: 'sorry' } }));
    const learned = learnedOf(account, { provider: shopOf(account, new LeapingClock()) });
    const many = requestsOf(...Array.from({ length: 30 }, (_, number) => `m${number}`));
    expect(await learned.quote(account, many)).toEqual([expect.stringContaining('sorry')]);
    expect(received.length).toBeLessThanOrEqual(asked);
  });
});

describe('priced', () => {
  const shotsOf = (account: AccountConfig) => [
    plannedShot(1, {
      account: account.key,
      request: shotRequest(),
      price: { amount: null, unit: 'credits', basis: 'unknown' },
    }),
  ];

  it('asks for a missing price of planned shots and answers them with it', async () => {
    const { account, received } = await openShop(generous);
    const learned = learnedOf(account);
    const [shot] = await learned.priced(shotsOf(account));
    expect(shot?.price).toEqual({ amount: 3_000, unit: 'credits', basis: 'quoted' });
    now += 48 * hour;
    await learned.priced(shotsOf(account));
    expect(received).toHaveLength(1);
  });

  it('takes what such a request was billed, where that is more', async () => {
    const { account } = await openShop(generous);
    const shot = plannedShot(1, { account: account.key, request: shotRequest() });
    await ledger.batches.putAccounts([accountSettings({ account: account.key })]);
    const range = await startBatch(ledger, 'fox', [shot], {
      accepted: [{ account: account.key, unit: 'credits', cap: 9_000 }],
    });
    const id = await claimOne(ledger, { ...range, account: account.key });
    await ledger.submissions.submitted(id, {}, 'j', { ...times, billed: 4_000 });
    const learned = learnedOf(account);
    await learned.load();
    const price = (request: ShotRequest) => catalogue(account, learned).get('shop')?.price(request);
    const billed = { amount: 4_000, unit: 'credits', basis: 'billed' };
    expect(price(shotRequest({ prompt: 'a hen' }))).toEqual(billed);
    expect(price(shotRequest({ resolution: '2K' }))?.basis).toBe('unknown');
    const listed = { ...account, prices: { plain: '1' } };
    expect(catalogue(listed, learned).get('shop')?.price(shotRequest())).toEqual(billed);
    expect((await learned.priced(shotsOf(account)))[0]?.price).toEqual(billed);
  });

  it('leaves the price as it is where the key is elsewhere', async () => {
    const { account, received } = await openShop(generous);
    const learned = learnedOf(account, { provider: () => undefined });
    const [shot] = await learned.priced(shotsOf(account));
    expect(shot?.price.basis).toBe('unknown');
    expect(received).toEqual([]);
  });
});
