import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import {
  backUp,
  claimedSince,
  readBackup,
  restoreBackup,
} from '../../../src/ledger/sqlite/backup.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { migrations } from '../../../src/ledger/sqlite/schema.ts';
import {
  account,
  accountSettings,
  claimPastGaps,
  finish,
  plannedShot,
  startBatch,
} from '../fixture.ts';

let root: string;
let now: number;
const at = (...parts: string[]): string => join(root, ...parts);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shotlist-backup-'));
  now = Date.UTC(2026, 0, 31, 12);
});
afterEach(() => rm(root, { recursive: true }));

const ledgerPath = (): string => at('ledger.db');
const open = (path = ledgerPath()): Promise<Ledger> => openSqliteLedger({ path, now: () => now });
async function pay(name: string, path = ledgerPath()): Promise<number> {
  now += 60_000;
  const ledger = await open(path);
  await ledger.batches.putAccounts([accountSettings()]);
  const shots = [plannedShot(0, { fingerprint: name })];
  await finish(ledger, await claimPastGaps(ledger, await startBatch(ledger, name, shots)), name);
  await ledger.close();
  return now;
}
const backup = (settings: string | null = null) =>
  backUp({ ledgerPath: ledgerPath(), target: at('kept.shotlist'), settings, now: () => now });
const restore = () =>
  restoreBackup({ file: at('kept.shotlist'), ledgerPath: ledgerPath(), now: () => now });
const batchesOf = async (path?: string) => {
  const ledger = await open(path);
  const batches = (await ledger.batches.list()).map(({ batch }) => batch);
  const gaps = await ledger.gaps.list();
  await ledger.close();
  return { batches, gaps };
};

describe('a backup', () => {
  it('is one file that holds the ledger and the settings, and says what it holds', async () => {
    await pay('fox');
    const facts = await backup('accounts: {}\n');
    expect(facts).toMatchObject({
      madeAt: now,
      batches: [{ batch: 'fox', state: 'running' }],
      requests: 1,
      money: [{ account, unit: 'credits', spent: 1_000, reserved: 0 }],
      settings: 'accounts: {}\n',
    });
    expect(await readBackup(at('kept.shotlist'))).toEqual(facts);
    expect((await readdir(root)).toSorted()).toEqual(['kept.shotlist', 'ledger.db', 'ledger.mark']);
  });

  it('is consistent while another process claims', async () => {
    await pay('fox');
    const ledger = await open();
    const shots = Array.from({ length: 20_000 }, (_, number) => plannedShot(number));
    await ledger.batches.putAccounts([accountSettings({ inFlight: 1_000_000 })]);
    const range = await startBatch(ledger, 'hen', shots);
    await ledger.close();
    const script = join(import.meta.dirname, '..', 'claim-until-stopped.ts');
    const words = [script, ledgerPath(), JSON.stringify(range)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      for (let times = 0; times < 3; times += 1) {
        await backup();
        const copy = new DatabaseSync(at('kept.shotlist'), { readOnly: true });
        const bound = copy.prepare(`select count(*) as n from shot where state = 'bound'`).get();
        const claimed = copy.prepare(`select count(*) as n from submission where batch = 'hen'`);
        expect(bound?.['n']).toBe(claimed.get()?.['n']);
        expect(Number(bound?.['n'])).toBeGreaterThan(0);
        copy.close();
      }
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('leaves nothing behind where it cannot be written', async () => {
    await pay('fox');
    await mkdir(at('kept.shotlist'));
    await expect(backup()).rejects.toMatchObject({
      message: expect.stringContaining(`cannot write the backup ${at('kept.shotlist')}`),
    });
    expect(await readdir(root)).toHaveLength(3);
  });

  it('is distinguished from other files, damaged ones, and those of a newer program', async () => {
    await pay('fox');
    await expect(readBackup(ledgerPath())).rejects.toThrow('is not a backup of a ledger');
    await writeFile(at('note'), 'a note, and no database at all, of some length');
    await expect(readBackup(at('note'))).rejects.toThrow('it is no database');
    await expect(readBackup(at('nowhere'))).rejects.toThrow('it is not there');
    await backup();
    const bytes = await readFile(at('kept.shotlist'));
    await writeFile(at('damaged'), bytes.fill(0, 4_096, 12_000));
    await expect(readBackup(at('damaged'))).rejects.toThrow(/damaged/);
    await backup();
    const newer = new DatabaseSync(at('kept.shotlist'));
    newer.exec('update meta set schema_version = 999');
    newer.close();
    await expect(readBackup(at('kept.shotlist'))).rejects.toThrow('a newer version of shotlist');
  });
});

describe('restoring a backup', () => {
  it('puts it in the place of the ledger, keeps that one, and notes the gap', async () => {
    await pay('fox');
    const { madeAt } = await backup();
    await pay('hen');
    now += 60_000;
    expect(claimedSince(ledgerPath(), at('kept.shotlist'))).toBe(1);
    const aside = await restore();
    const { batches, gaps } = await batchesOf();
    expect(batches).toEqual(['fox']);
    expect(gaps).toMatchObject([{ from: madeAt, to: now, why: 'a backup was restored' }]);
    expect((await batchesOf(aside)).batches).toEqual(['fox', 'hen']);
  });

  it('notes a gap that covers what was sent after the clock was set back', async () => {
    await pay('fox');
    await backup();
    now -= 9 * 60_000;
    const sentAt = await pay('hen');
    now += 60_000;
    await restore();
    const [gap] = (await batchesOf()).gaps;
    expect(gap?.from).toBeLessThanOrEqual(sentAt);
    expect(gap?.to).toBeGreaterThanOrEqual(now);
  });

  it('notes it by the mark alone, where the ledger that it replaces is no database any more', async () => {
    await pay('fox');
    await backup();
    now -= 9 * 60_000;
    const sentAt = await pay('hen');
    now += 30 * 60_000;
    await writeFile(ledgerPath(), 'rotten, and no database at all any more');
    await restore();
    expect((await batchesOf()).gaps[0]?.from).toBeLessThanOrEqual(sentAt);
  });

  it('notes a gap that covers what was sent before the clock was set back', async () => {
    await pay('fox');
    await backup();
    const sentAt = await pay('hen');
    now -= 9 * 60_000;
    await restore();
    const [gap] = (await batchesOf()).gaps;
    expect(gap?.to).toBeGreaterThanOrEqual(sentAt);
    expect(gap?.from).toBeLessThanOrEqual(now);
  });

  it('notes a gap that covers what another restored ledger sent, whatever its count of claims', async () => {
    await pay('fox');
    await backup();
    await rename(at('kept.shotlist'), at('early'));
    await pay('hen');
    await pay('owl');
    await backup();
    await restoreBackup({ file: at('early'), ledgerPath: ledgerPath(), now: () => now });
    now -= 20 * 60_000;
    const sentAt = await pay('bat');
    now += 40 * 60_000;
    await restore();
    expect((await batchesOf()).gaps[0]?.from).toBeLessThanOrEqual(sentAt);
  });

  it('finds a gap where the replaced ledger is put back after the restored one has sent', async () => {
    await pay('fox');
    await backup();
    for (const name of ['hen', 'owl', 'emu']) await pay(name);
    const aside = await restore();
    await pay('bat');
    now += 60_000;
    await rename(aside ?? '', ledgerPath());
    const ledger = await open();
    expect(ledger.gaps.found).toHaveLength(1);
    await ledger.close();
  });

  it('brings one of an older version up to date, and counts its requests', async () => {
    const version = migrations.findIndex((sql) => sql.includes('add column claim_no'));
    const old = new DatabaseSync(at('kept.shotlist'));
    old.exec(`create table meta (ledger_id text not null, schema_version integer not null,
        fingerprint_version integer not null) strict;
      insert into meta values ('old', ${version}, 1);
      create table backup (made_at integer not null, settings text) strict;
      insert into backup values (${now}, null);`);
    for (const migration of migrations.slice(0, version)) old.exec(migration);
    old.exec(`insert into submission (id, op, account, fp, batch, run, key, attempt, state, unit, basis,
        reserved, model, claimed_at, send_by, deadline_at, worker)
      values ('s', 'generate', 'a', 'f', 'fox', 1, 'one/a', 1, 'succeeded', 'credits', 'exact',
        0, 'm', ${now - 1}, ${now}, ${now}, 'w')`);
    old.close();
    await restore();
    const { gaps } = await batchesOf();
    expect(gaps).toMatchObject([{ from: now, to: now, claims: 1 }]);
  });

  it('finds no gap twice: the mark of the ledger before goes with it', async () => {
    await pay('fox');
    await backup();
    await pay('hen');
    await restore();
    const ledger = await open();
    expect(ledger.gaps.found).toEqual([]);
    expect(await ledger.gaps.list({ closed: true })).toHaveLength(1);
    await ledger.close();
  });

  it('leaves one gap where it is killed before it has removed that mark', async () => {
    await pay('fox');
    await backup();
    await pay('hen');
    const mark = await readFile(at('ledger.mark'));
    await restore();
    await writeFile(at('ledger.mark'), mark);
    now += 60_000;
    expect((await batchesOf()).gaps).toMatchObject([
      {
        to: now,
        why: 'a backup was restored; an older copy was put in the place of the ledger',
      },
    ]);
  });

  it('takes the -wal file of a killed process along', async () => {
    await pay('fox');
    await backup();
    const files = ['ledger.db', 'ledger.db-wal', 'ledger.db-shm'];
    const killed = await open();
    await killed.batches.putAccounts([accountSettings({ inFlight: 7 })]);
    for (const file of files) await copyFile(at(file), at(`${file}.copy`));
    await killed.close();
    for (const file of files) await copyFile(at(`${file}.copy`), at(file));
    const aside = await restore();
    const before = await open(aside);
    expect((await readdir(root)).filter((name) => name === 'ledger.db-wal')).toEqual([]);
    expect((await before.reports.accounts()).map((each) => each.account)).toEqual([account]);
    await before.close();
    expect((await batchesOf()).batches).toEqual(['fox']);
  });

  it('is refused while anything has the ledger open, and changes nothing', async () => {
    await pay('fox');
    await backup();
    const open1 = await open();
    const names = (await readdir(root)).toSorted();
    await expect(restore()).rejects.toMatchObject({
      message: expect.stringContaining('another process has the ledger'),
      next: [expect.stringContaining('lsof')],
    });
    expect((await readdir(root)).toSorted()).toEqual(names);
    await open1.close();
    await restore();
  });

  it('works where there is no ledger, or one that is no database any more', async () => {
    await pay('fox');
    await backup();
    await rm(ledgerPath());
    expect(await restore()).toBeUndefined();
    expect((await batchesOf()).batches).toEqual(['fox']);
    await writeFile(ledgerPath(), 'rotten, and no database at all any more');
    const aside = (await restore()) ?? '';
    expect(await readFile(aside, 'utf8')).toContain('rotten');
    expect((await batchesOf()).batches).toEqual(['fox']);
  });

  it('in another place than the first ledger’s makes a ledger of its own', async () => {
    await pay('fox');
    const first = await open();
    const { id } = first;
    await first.close();
    const { madeAt } = await backup();
    await pay('hen');
    const path = at('elsewhere', 'ledger.db');
    await restoreBackup({ file: at('kept.shotlist'), ledgerPath: path, now: () => now });
    const ledger = await open(path);
    expect(ledger.id).not.toBe(id);
    expect(ledger.gaps.copyOf).toBe(ledgerPath());
    expect((await ledger.gaps.list()).map(({ from }) => from)).toContain(madeAt);
    await ledger.close();
  });
});

it('a backup that was put in the place of a ledger by hand becomes one, with its gap', async () => {
  await pay('fox');
  const { madeAt } = await backup();
  await pay('hen');
  await copyFile(at('kept.shotlist'), ledgerPath());
  now += 60_000;
  const { batches, gaps } = await batchesOf();
  expect(batches).toEqual(['fox']);
  expect(gaps).toMatchObject([
    { from: madeAt, to: now, why: 'a backup was put in the place of the ledger' },
  ]);
  expect((await batchesOf()).gaps).toEqual(gaps);
  await expect(readBackup(ledgerPath())).rejects.toThrow('is not a backup');
});
