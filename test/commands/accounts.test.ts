import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import { accountSettings, claimOne, finish, plannedShots, startBatch } from '../ledger/fixture.ts';
import { openDesk } from './desk.ts';

const key = 'demo-key-that-nobody-may-see';

describe('shotlist accounts', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(() => desk.close());

  it('tells which keys are set and good, with balances, and never shows one', async () => {
    const { code, stdout, stderr } = await desk.run(['accounts'], {
      WONDA_API_KEY: key,
      PHOTOGPT_API_KEY: 'bad-key',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^wonda +Wonda +WONDA_API_KEY good +100 usd +8 at once +0 usd/m);
    expect(stdout).toMatch(/^photogpt +PhotoGPT +PHOTOGPT_API_KEY refused/m);
    expect(stdout).toMatch(/^photogpt: PhotoGPT answered 401/m);
    expect(stdout).toMatch(/^productai +ProductAI +PRODUCTAI_API_KEY is not set/m);
    expect(stdout + stderr).not.toContain(key);
  });

  it('sends nothing with --offline', async () => {
    const environment = { WONDA_API_KEY: key };
    const online = await desk.run(['accounts', '--offline'], environment);
    await desk.closeSimulator();
    expect(await desk.run(['accounts', '--offline'], environment)).toEqual(online);
    expect(online.stdout).toMatch(/^wonda +Wonda +WONDA_API_KEY is set +- /m);
  });

  it('sums what was spent and reserved, and how much of the standing budget is used', async () => {
    desk.write('shotlist.yaml', 'accounts: { photogpt: { budget: 20 credits per day } }');
    const environment = { PHOTOGPT_BASE_URL: desk.simulator.baseUrls['photogpt'] };
    const account = loadConfig(environment, desk.folder).accounts.get('photogpt')?.key ?? '';
    const ledger = await openSqliteLedger({ path: join(desk.folder, '.shotlist', 'ledger.db') });
    const budget = { amount: 20_000, period: 'day' as const };
    await ledger.batches.putAccounts([accountSettings({ account, budget })]);
    const accepted = [{ account, unit: 'credits' as const, cap: 9_000 }];
    const lane = await startBatch(ledger, 'fox', plannedShots(2, { account }), { accepted });
    const range = { ...lane, account };
    await finish(ledger, await claimOne(ledger, range));
    await claimOne(ledger, range);
    await ledger.learned.putQuotes(account, [{ key: 'a', amount: 1 }]);
    await ledger.close();
    const { accounts } = await desk.json<{ accounts: object[] }>(['accounts', '--offline']);
    expect(accounts[0]).toMatchObject({
      account: 'photogpt',
      unit: 'credits',
      key: { variable: 'PHOTOGPT_API_KEY', set: false, state: null },
      balance: null,
      limits: { perMinute: null, inFlight: 8, counts: 'paid' },
      budget: { amount: '20', period: 'day', used: '2' },
      spent: '1',
      reserved: '1',
      learned: { modelsAt: null, quotes: 1 },
    });
    const { stdout } = await desk.run(['accounts', '--offline']);
    expect(stdout).toMatch(/1 credits +1 credits +2 of 20 credits per day +1 price$/m);
  });
});
