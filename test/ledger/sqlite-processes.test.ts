import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { UserError } from '../../src/errors.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/index.ts';
import {
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
} from './fixture.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-ledger-'));
  path = join(folder, 'ledger.db');
});
afterEach(async () => rm(folder, { recursive: true }));

const run = (script: string, ...rest: string[]) =>
  spawn(process.execPath, [join(import.meta.dirname, script), path, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

describe('several processes', () => {
  it('never exceed one budget and never pay one fingerprint twice', async () => {
    const ledger = await openSqliteLedger({ path });
    await ledger.batches.putAccounts([accountSettings({ inFlight: 10_000 })]);
    const range = await startBatch(ledger, 'fox', plannedShots(200), {
      budget: [{ account, unit: 'credits', cap: 120_999 }],
    });
    const keys: string[] = [];
    await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const child = run('claim-until-stopped.ts', JSON.stringify(range));
        createInterface({ input: child.stdout }).on('line', (key) => keys.push(key));
        const [code] = await once(child, 'close');
        expect(code).toBe(0);
      }),
    );
    expect(keys).toHaveLength(120);
    expect(new Set(keys).size).toBe(120);
    expect(await everything(ledger.reports.submissions('fox'))).toHaveLength(120);
    expect((await ledger.reports.status('fox'))?.accounts).toMatchObject([{ reserved: 120_000 }]);
    await ledger.close();
  }, 20_000);

  it('leave every record that was confirmed when they are killed', async () => {
    const child = run('record-until-killed.ts');
    const confirmed: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (plan) => {
      confirmed.push(plan);
      if (confirmed.length === 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const ledger = await openSqliteLedger({ path });
    const kept = await Promise.all(confirmed.map((plan) => ledger.plans.savedPlan(plan)));
    expect(kept.length).toBeGreaterThanOrEqual(200);
    expect(kept.every((plan) => plan !== undefined)).toBe(true);
    await ledger.close();
  }, 20_000);
});

describe('the file', () => {
  it('undoes a record that fails alone, not those that share its commit', async () => {
    const ledger = await openSqliteLedger({ path });
    await ledger.batches.putAccounts([accountSettings()]);
    const range = await startBatch(ledger, 'fox', plannedShots(2));
    const { granted } = await ledger.claims.claim(range, options);
    const [first = '', second = ''] = granted.map(({ submission }) => submission);
    const endless: JsonObject = {};
    Object.assign(endless, { self: endless });
    const answers = await Promise.allSettled([
      ledger.submissions.submitted(first, {}, 'one job', times),
      ledger.submissions.submitted(second, endless, 'another job', times),
      ledger.plans.savePlan('p', {}),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await everything(ledger.reports.submissions('fox'));
    expect(rows.map(({ state }) => state).sort()).toEqual(['claimed', 'submitted']);
    expect(await ledger.plans.savedPlan('p')).toEqual({});
    await ledger.close();
  });

  it('of a newer version is refused', async () => {
    await (await openSqliteLedger({ path })).close();
    const database = new DatabaseSync(path);
    database.exec('update meta set schema_version = 99');
    database.close();
    await expect(openSqliteLedger({ path })).rejects.toThrow(UserError);
  });

  it('hands on approved outputs only', async () => {
    const ledger = await openSqliteLedger({ path });
    await ledger.batches.putAccounts([accountSettings()]);
    const range = await startBatch(ledger, 'fox', [plannedShot(0), plannedShot(1)]);
    await finish(ledger, await claimOne(ledger, range), 'aa');
    await finish(ledger, await claimOne(ledger, range), 'bb');
    const database = new DatabaseSync(path);
    database.exec(`insert into approval values ('fox', 'one', 'aa', 'rejected', 1),
      ('fox', 'one', 'bb', 'approved', 1)`);
    database.close();
    const found = await everything(ledger.plans.sources('fox', ['one'], 'approved'));
    expect(found).toMatchObject([{ sha256: file('bb').sha256, name: 'shot-0001' }]);
    await ledger.close();
  });
});
