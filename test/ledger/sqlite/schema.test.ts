import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/ledger/sqlite/database.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { migrate, migrations } from '../../../src/ledger/sqlite/schema.ts';
import { account, acceptedRun, options, plannedShot } from '../fixture.ts';

/** The last schema with the names from before they were the field's own. */
const oldNames = migrations.findIndex((sql) => sql.includes('rename to block'));

/** The last schema in which an account had one set of limits. */
const withoutProjects = migrations.findIndex((sql) => sql.includes('table account_limit'));

/** The last schema without the accounts of a run. */
const withoutAccounts = migrations.findIndex((sql) => sql.includes('add column accounts'));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-schema-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A new ledger as the program wrote it that knew this many migrations. */
async function openOld(path: string, version: number): Promise<Database> {
  const database = await openDatabase(path);
  database.execute(`
    create table meta (ledger_id text not null, schema_version integer not null,
      fingerprint_version integer not null) strict;
    insert into meta values ('id', ${version}, 1);`);
  for (const migration of migrations.slice(0, version)) database.execute(migration);
  return database;
}

/** A done shot of the first run. */
function putShot(database: Database, batch: string, of: string): void {
  database.run(
    `insert into shot (batch, key, step, name, folded, ordinal, take, account, fp, request, model,
       unit, basis, makes, written_model, variables, origin, run, state)
     values (?, 'a', 'one', 'a', 'a', 0, 1, ?, 'fp', '{}', 'm', 'credits', 'exact', 'image', 'm',
       '{}', 'a', 1, 'done')`,
    batch,
    of,
  );
}

describe('a ledger of an older program', () => {
  it('keeps its rows under their new names', async () => {
    const database = await openOld(join(folder, 'ledger.db'), oldNames);
    try {
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
    const database = await openOld(path, withoutAccounts);
    database.execute(`
      insert into run (batch, n, frozen, accepted, started_at)
        values ('fox', 1, 'f', '[{"account":"${zoo}","unit":"credits","cap":10}]', 0);
      insert into batch values ('fox', 1, 'running', 'f', 'fox.yaml', '{}', '[]', 0, 0, null);`);
    putShot(database, 'fox', account);
    database.close();
    const ledger = await openSqliteLedger({ path });
    expect(await ledger.plans.accountsOf('fox', 'run')).toEqual([account, zoo].toSorted());
    await ledger.close();
  });

  it('keeps the budget of an account for the batches that run', async () => {
    const path = join(folder, 'ledger.db');
    const database = await openOld(path, withoutProjects);
    database.execute(`insert into account values
      ('${account}', 'acme', 'credits', null, 5, 1000, 'ever', 0, 0, 0, 0, null);`);
    database.close();
    const ledger = await openSqliteLedger({ path });
    const { run } = await ledger.batches.startRun(acceptedRun('fox'));
    await ledger.plans.putShots('fox', run, [plannedShot(0), plannedShot(1)]);
    const [lane] = await ledger.plans.makeLanes('fox', run, 'one', 1);
    const range = { batch: 'fox', run, lane: lane?.lane ?? '', account, from: 0, to: 2 };
    expect((await ledger.claims.claim(range, options)).granted).toHaveLength(1);
    await ledger.close();
  });
});
