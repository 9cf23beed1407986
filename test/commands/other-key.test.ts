import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProject } from '../../src/commands/project/project.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { openDesk } from './desk.ts';
import { key, leaveBatch } from './paid-batch.ts';

const another = { PHOTOGPT_API_KEY: 'another-person' };

describe('the key of another vendor account', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  let account: AccountConfig;
  const openLedger = () =>
    openProject(
      { folder: desk.folder, say: () => undefined },
      loadConfig(environment(), desk.folder),
    );
  const environment = () => ({ PHOTOGPT_BASE_URL: desk.simulator.baseUrls['photogpt'], ...key });
  beforeEach(async () => {
    desk = await openDesk();
    account = loadConfig(environment(), desk.folder).accounts.get('photogpt')!;
  });
  afterEach(() => desk.close());

  it('deletes no model, which to it would seem gone already', async () => {
    const connection = { baseUrl: account.baseUrl, apiKey: key.PHOTOGPT_API_KEY };
    const own = account.vendor.connect({ ...connection, settings: account.settings });
    const model = await own.train!.create({ name: 'anna', subject: { gender: 'Female', age: 29 } });
    // Its training was requested, and the answer is still to come.
    await leaveBatch(desk, async (ledger) => {
      await ledger.remotes.leaseModel(account.key, 'set', 'test', 1);
      const facts = { remoteId: model };
      await ledger.remotes.setModelPhase(account.key, 'set', ['creating'], 'armed', facts);
      await ledger.claims.claimTraining(
        {
          ...{ batch: 'pots', run: 1, account: account.key, fingerprint: 'set' },
          ...{ price: { amount: 1, unit: 'credits', basis: 'exact' }, key: 'train/anna' },
        },
        {
          ...{ window: 1, postTimeoutMs: 1_000, worker: 'test' },
          keyHash: ledger.keys.hash(key.PHOTOGPT_API_KEY, account.baseUrl),
        },
      );
    });
    const args = ['trained', 'photogpt', '--delete', model, '--yes'];
    const refused = await desk.run(args, another);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('shows none of the earlier work of photogpt');
    await using project = await openLedger();
    expect(await project.ledger.remotes.model(account.key, 'set')).toMatchObject({
      remoteId: model,
    });
  });
});
