import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/ledger/sqlite/database.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { migrate, migrations } from '../../../src/ledger/sqlite/schema.ts';
import { account, accountSettings, claimOne, finish, plannedShot, startBatch } from '../fixture.ts';

/** The last schema with the names from before they were the field's own. */
const oldNames = migrations.findIndex((sql) => sql.includes('rename to block'));

/** The last schema without the accounts of a run. */
const withoutAccounts = migrations.findIndex((sql) => sql.includes('add column accounts'));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-schema-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a ledger of an older program', () => {
  it('keeps its rows under their new names', async () => {
    const database = await openDatabase(join(folder, 'ledger.db'));
    try {
      database.execute(`
        create table meta (ledger_id text not null, schema_version integer not null,
          fingerprint_version integer not null) strict;
        insert into meta values ('id', ${oldNames}, 1);`);
      for (const migration of migrations.slice(0, oldNames)) database.execute(migration);
      database.execute(`
        insert into hold (account, model, reason) values ('a', '*', 'breaker'), ('b', '*', 'noFunds');
        insert into stop values
          ('fox', 'one', 1, '{"kind":"hold","hold":"breaker","account":"a"}', 0),
          ('fox', 'two', 1, '{"kind":"paused"}', 0);`);
      await migrate(database, 'ledger.db');
      expect(database.all('select account, reason from block order by account')).toEqual([
        expect.objectContaining({ account: 'a', reason: 'circuitOpen' }),
        expect.objectContaining({ account: 'b', reason: 'noFunds' }),
      ]);
      expect(
        database
          .all<{ reason: string }>('select reason from stop order by lane')
          .map(({ reason }) => JSON.parse(reason) as unknown),
      ).toEqual([{ kind: 'block', block: 'circuitOpen', account: 'a' }, { kind: 'paused' }]);
    } finally {
      database.close();
    }
  });

  it('knows the accounts of a run also by its shots that had nothing to pay', async () => {
    const path = join(folder, 'ledger.db');
    const zoo = 'zoo@https://zoo.example';
    const before = await openSqliteLedger({ path });
    await before.batches.putAccounts([accountSettings()]);
    const first = await startBatch(before, 'fox', [plannedShot(0)]);
    await finish(before, await claimOne(before, first));
    const accepted = [{ account: zoo, unit: 'credits' as const, cap: 10 }];
    await startBatch(before, 'fox', [plannedShot(0)], { accepted });
    await before.close();
    const database = await openDatabase(path);
    database.execute(`alter table run drop column accounts;
      alter table block drop column why; alter table block drop column since;
      update meta set schema_version = ${withoutAccounts};`);
    database.close();
    const ledger = await openSqliteLedger({ path });
    expect(await ledger.plans.accountsOf('fox', 'run')).toEqual([account, zoo].toSorted());
    await ledger.close();
  });
});
