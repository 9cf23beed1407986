import { realpathSync, type BigIntStats, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import type { Gap } from '../port.ts';
import type { Database } from './database.ts';
import { addGap } from './gaps.ts';
import { claimTimes, type Mark } from './mark.ts';

/** Which file the ledger was when it was last opened. */
interface Place {
  path: string;
  dev: string;
  ino: string;
}

export interface Provenance {
  /** The ledger's id from now on. */
  readonly id: string;
  readonly found: readonly Gap[];
  readonly copyOf?: string;
}

/**
 * Whether this file is the ledger that it says: not an older copy put in its place, not another in the place
 * of one that is gone, not a backup, not a copy of a project that goes on elsewhere. What may have been sent
 * without its knowledge becomes a gap. To be called in a transaction.
 */
export function checkProvenance(
  database: Database,
  {
    path,
    mark,
    now,
  }: { readonly path: string; readonly mark: Mark | undefined; readonly now: number },
): Provenance {
  const id = database.get<{ id: string }>('select ledger_id as id from meta')?.id ?? '';
  const { newestClaim } = claimTimes(database);
  const since = (from: number, why: string): Gap[] => [
    addGap(database, { from: Math.min(from, now), to: now, why }, now),
  ];
  const original = originalOf(database, path, id, newestClaim);
  if (original) {
    const copy = { id: becomeCopy(database), copyOf: original.path };
    if (!original.wentOn || newestClaim === null) return { ...copy, found: [] };
    const why = `this project is a copy of the one with ${original.path}`;
    return { ...copy, found: since(newestClaim, why) };
  }
  const madeAt = takeBackup(database);
  if (madeAt !== undefined)
    return { id, found: since(madeAt, 'a backup was put in the place of the ledger') };
  if (mark?.newestClaim == null) return { id, found: [] };
  if (mark.ledger !== id)
    return {
      id,
      found: since(mark.firstClaim ?? mark.newestClaim, 'the ledger that was here before is gone'),
    };
  if (mark.newestClaim <= (newestClaim ?? -Infinity)) return { id, found: [] };
  const from = newestClaim ?? mark.firstClaim ?? mark.newestClaim;
  return { id, found: since(from, 'an older copy was put in the place of the ledger') };
}

/**
 * Notes where the ledger is. Answers the file that it is a copy of, where that one is still in its place, and
 * whether anything may have been claimed there since.
 */
function originalOf(
  database: Database,
  ledgerPath: string,
  id: string,
  newestClaim: number | null,
): { readonly path: string; readonly wentOn: boolean } | undefined {
  // One in memory is in no place.
  const facts = fileAt(ledgerPath);
  if (!facts) return undefined;
  const path = realpathSync(ledgerPath);
  const known = database.get<Place>('select path, dev, ino from place');
  const here: Place = { path, dev: String(facts.dev), ino: String(facts.ino) };
  if (known?.path === here.path && known.dev === here.dev && known.ino === here.ino)
    return undefined;
  const original = known && known.path !== path ? fileAt(known.path) : undefined;
  // The same file by another path, such as a mount.
  if (original?.ino === facts.ino && original.dev === facts.dev) return undefined;
  database.run('delete from place');
  database.run('insert into place (path, dev, ino) values (?, ?, ?)', path, here.dev, here.ino);
  if (!known || !original) return undefined;
  const newestThere = newestClaimOf(known.path, id);
  const isOriginal = String(original.ino) === known.ino || newestThere !== undefined;
  if (!isOriginal) return undefined;
  const wentOn = newestThere === undefined || (newestThere ?? 0) > (newestClaim ?? 0);
  return { path: known.path, wentOn };
}

function fileAt(path: string): BigIntStats | undefined {
  try {
    const facts = statSync(path, { bigint: true });
    return facts.isFile() ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** The newest claim in another file of the same ledger; undefined where it is another, or cannot be read. */
function newestClaimOf(path: string, id: string): number | null | undefined {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const meta = database.prepare('select ledger_id as id from meta').get();
      if (meta?.['id'] !== id) return undefined;
      const row = database.prepare('select max(claimed_at) as at from submission').get();
      return row?.['at'] === null ? null : Number(row?.['at']);
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

/** A copy is a ledger of its own: its workers take no work of the original's. */
function becomeCopy(database: Database): string {
  const id = randomUUID();
  database.run('update meta set ledger_id = ?', id);
  return id;
}

/** The time of the backup that this file is; from now on it is a ledger. */
function takeBackup(database: Database): number | undefined {
  if (!database.get(`select 1 from sqlite_schema where type = 'table' and name = 'backup'`))
    return undefined;
  const madeAt = database.get<{ at: number }>('select made_at as at from backup')?.at;
  database.execute('drop table backup');
  return madeAt;
}
