import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../../errors.ts';
import type { Amount, Unit } from '../../money.ts';
import { shellQuoted } from '../../shell-quoted.ts';
import { systemCode, temporaryBeside } from '../../storage/atomic-file.ts';
import { makeFolder, syncFolder } from '../../storage/durable-folder.ts';
import { asUserError } from '../../system-errors.ts';
import type { BatchState } from '../port.ts';
import { type Mark, markPath, readMark, recordClockBack } from './mark.ts';
import { migrations } from './schema.ts';
import { claimsInFile, claimsInMark, unknownTime } from './unknown-time.ts';

/** The content of a backup. */
export interface BackupFacts {
  readonly ledger: string;
  /** Epoch milliseconds. The backup has every request that was claimed until then. */
  readonly madeAt: number;
  readonly batches: readonly { readonly batch: string; readonly state: BatchState }[];
  /** Paid requests, trainings included. */
  readonly requests: number;
  readonly money: readonly {
    readonly account: string;
    readonly unit: Unit;
    readonly spent: Amount;
    readonly reserved: Amount;
  }[];
  /** Text of `shotlist.yaml`; null: there was none. */
  readonly settings: string | null;
}

/**
 * Copies one snapshot of a ledger into one file while other processes write the ledger.
 * @throws UserError where the file cannot be written
 */
export async function backUp(options: {
  readonly ledgerPath: string;
  readonly target: string;
  readonly settings: string | null;
  readonly now: () => number;
}): Promise<BackupFacts> {
  const { target } = options;
  const temporary = temporaryBeside(target);
  try {
    await makeFolder(dirname(target));
    // Before the copy: claims from now on may or may not be in it.
    const madeAt = Math.round(options.now());
    noteClock(options.ledgerPath, madeAt);
    using source = connect(options.ledgerPath);
    source.database.prepare('vacuum into ?').run(temporary);
    sign(temporary, madeAt, options.settings);
    await syncFile(temporary);
    const facts = await readBackup(temporary);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    return facts;
  } catch (error) {
    throw asUserError(error, `cannot write the backup ${target}`);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    await rm(`${temporary}-journal`, { force: true }).catch(() => undefined);
  }
}

/**
 * Records the time, so that a claim after the copy shows whether the clock was set back since.
 * Skipped while other processes keep the ledger locked: they claim and record the time themselves.
 */
function noteClock(ledgerPath: string, now: number): void {
  const ledger = new DatabaseSync(ledgerPath, { timeout: 200 });
  try {
    const has = `select 1 from pragma_table_info('meta') where name = 'clock_at'`;
    // A ledger of an older version has no such column.
    if (!ledger.prepare(has).get()) return;
    ledger.prepare(recordClockBack).run(now);
    ledger.prepare('update meta set clock_at = ?').run(now);
  } catch (error) {
    if (!isBusy(error)) throw error;
  } finally {
    ledger.close();
  }
}

function sign(file: string, madeAt: number, settings: string | null): void {
  using copy = connect(file);
  copy.database.exec('create table backup (made_at integer not null, settings text) strict');
  copy.database.prepare('insert into backup values (?, ?)').run(madeAt, settings);
}

/** @throws UserError where the file is no backup, is damaged, or was written by a newer program */
export async function readBackup(file: string): Promise<BackupFacts> {
  try {
    await stat(file);
    using backup = connect(file, { readOnly: true });
    return factsOf(backup.database, file);
  } catch (error) {
    throw asUserError(error, `cannot read ${file}`);
  }
}

function factsOf(database: DatabaseSync, file: string): BackupFacts {
  const all = <Row>(sql: string): Row[] => database.prepare(sql).all() as Row[];
  const [first] = all<{ quick_check: string }>('pragma quick_check(1)');
  if (first?.quick_check !== 'ok')
    throw new UserError(`${file} is damaged: ${first?.quick_check}`, {
      next: ['restore another backup'],
    });
  const tables = new Set(
    all<{ name: string }>(`select name from sqlite_schema where type = 'table'`).map(
      ({ name }) => name,
    ),
  );
  const [made] = tables.has('backup')
    ? all<{ made_at: number; settings: string | null }>('select made_at, settings from backup')
    : [];
  const [meta] = tables.has('meta')
    ? all<{ ledger_id: string; schema_version: number }>(
        'select ledger_id, schema_version from meta',
      )
    : [];
  if (!made || !meta)
    throw new UserError(`${file} is not a backup of a ledger`, {
      next: ['backups are made by: shotlist backup FILE'],
    });
  if (meta.schema_version > migrations.length)
    throw new UserError(`${file} was made by a newer version of shotlist`, {
      next: ['update shotlist, then restore it'],
    });
  return {
    ledger: meta.ledger_id,
    madeAt: made.made_at,
    batches: all<{ name: string; state: BatchState }>(
      'select name, state from batch order by started_at, name',
    ).map(({ name, state }) => ({ batch: name, state })),
    requests: all<{ count: number }>('select count(*) as count from submission')[0]?.count ?? 0,
    money: all<BackupFacts['money'][number]>(
      `select account, unit, sum(spent) as spent, sum(reserved) as reserved from submission
       group by account, unit order by account, unit`,
    ).map((row) => ({ ...row })),
    settings: made.settings,
  };
}

/** Number of requests of a ledger that a backup of it does not know; undefined: unknown. */
export function claimedSince(ledgerPath: string, backupFile: string): number | undefined {
  using backup = connect(backupFile, { readOnly: true });
  const { database } = backup;
  const meta = database.prepare('select ledger_id as id from meta').get();
  return claimsInFile(ledgerPath, String(meta?.['id']), isKnownTo(database))?.count;
}

/** Whether a ledger has a submission. */
function isKnownTo(database: DatabaseSync): (submission: string) => boolean {
  const known = database.prepare('select 1 from submission where id = ?');
  return (submission) => known.get(submission) !== undefined;
}

/**
 * Puts a backup in the place of a ledger. The old ledger moves aside with all of its files.
 * Requests sent since the backup are a gap in the restored ledger.
 * @returns path of the old ledger, if there was one
 * @throws UserError where a process has the ledger open, or the disk refuses an operation
 */
export async function restoreBackup(options: {
  readonly file: string;
  readonly ledgerPath: string;
  readonly now: () => number;
}): Promise<string | undefined> {
  const { file, ledgerPath } = options;
  const temporary = temporaryBeside(ledgerPath);
  try {
    await makeFolder(dirname(ledgerPath));
    await copyFile(file, temporary);
    const mark = await readMark(ledgerPath);
    becomeLedger(temporary, { ledgerPath, mark, now: Math.round(options.now()) });
    await syncFile(temporary);
    const aside = await replace(ledgerPath, temporary, new Date(options.now()));
    await syncFolder(dirname(ledgerPath));
    // The mark belongs to the old ledger.
    await rm(markPath(ledgerPath), { force: true });
    return aside;
  } catch (error) {
    throw asUserError(error, `cannot restore ${file}`);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    await rm(`${temporary}-journal`, { force: true }).catch(() => undefined);
  }
}

function becomeLedger(
  file: string,
  {
    ledgerPath,
    mark,
    now,
  }: { readonly ledgerPath: string; readonly mark: Mark | undefined; readonly now: number },
): void {
  using copy = connect(file);
  const { database } = copy;
  database.exec('begin');
  bringUpToDate(database);
  const known = database
    .prepare('select ledger_id as ledger, claims, lineage, made_at as madeAt from meta, backup')
    .get() as { ledger: string; claims: number; lineage: string; madeAt: number };
  // The replaced ledger knows more than the mark beside it.
  const later = {
    ...claimsInMark(mark, known),
    ...claimsInFile(ledgerPath, known.ledger, isKnownTo(database)),
  };
  const { from, to } = unknownTime(known.madeAt, now, later, (time) => {
    const last = 'select max(claimed_at) as at from submission where claimed_at <= ?';
    return (database.prepare(last).get(time) as { at: number | null }).at;
  });
  database
    .prepare(
      `insert into gap (from_at, to_at, why, found_at, claims)
       values (?, ?, 'a backup was restored', ?, ?)`,
    )
    .run(from, to, now, known.claims);
  database.prepare('update meta set lineage = ?').run(randomUUID());
  database.exec('drop table backup');
  database.exec('commit');
}

/** Migrates a backup of an older version. */
function bringUpToDate(database: DatabaseSync): void {
  const meta = database.prepare('select schema_version as schema from meta').get();
  for (const migration of migrations.slice(Number(meta?.['schema']))) database.exec(migration);
  database.prepare('update meta set schema_version = ?').run(migrations.length);
}

/**
 * A ledger is at the path at all times, the old one or the new, so that another process creates
 * none.
 * @returns path of the old one, if there was one
 */
async function replace(ledgerPath: string, by: string, time: Date): Promise<string | undefined> {
  if (!existsSync(ledgerPath)) {
    await link(by, ledgerPath).catch((error: unknown) => {
      if (systemCode(error) === 'EEXIST') throw error;
      // The disk has no hard links.
      return rename(by, ledgerPath);
    });
    return undefined;
  }
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const name = `${basename(ledgerPath, '.db')}-before-${stamp}-${randomUUID().slice(0, 4)}.db`;
  const aside = join(dirname(ledgerPath), name);
  const lock = lockAlone(ledgerPath);
  try {
    // Windows replaces no file that is open.
    if (process.platform === 'win32') lock?.close();
    await link(ledgerPath, aside).catch(() => copyFile(ledgerPath, aside));
    for (const ending of ['-wal', '-shm'])
      if (existsSync(ledgerPath + ending)) await rename(ledgerPath + ending, aside + ending);
    await rename(by, ledgerPath);
  } finally {
    if (lock?.isOpen) lock.close();
  }
  return aside;
}

const busyCode = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busyCode;

/**
 * Ends WAL mode, which only works while no other process has the ledger open, and locks the ledger
 * until it is closed. Processes that wait find the other file then. Undefined: the file is not a
 * readable database.
 * @throws UserError where another process has it open
 */
function lockAlone(ledgerPath: string): DatabaseSync | undefined {
  const database = new DatabaseSync(ledgerPath, { timeout: 1_000 });
  try {
    database.exec('pragma journal_mode = delete');
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (!isBusy(error)) return undefined;
    throw new UserError(`another process has the ledger ${ledgerPath} open; nothing was changed`, {
      next: [`see which one, and end it: lsof ${shellQuoted(ledgerPath)}`],
      cause: error,
    });
  }
}

async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, 'r+');
  await handle.sync();
}

function connect(
  path: string,
  options: { readonly readOnly?: boolean } = {},
): Disposable & { readonly database: DatabaseSync } {
  const database = new DatabaseSync(path, { timeout: 5_000, ...options });
  return { database, [Symbol.dispose]: () => database.close() };
}
