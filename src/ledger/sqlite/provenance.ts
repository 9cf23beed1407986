import { realpathSync, type BigIntStats, statSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { Gap } from '../port.ts';
import type { Database } from './database.ts';
import { addGap } from './gaps.ts';
import { claimFacts, type Mark } from './mark.ts';
import { claimsInFile, claimsInMark, type LaterClaims, unknownTime } from './unknown-time.ts';

/** The file of the ledger when it was last opened. */
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
 * Checks that this file is the ledger that it claims to be. It is not an older copy in its place,
 * or another in the place of a lost one. It is not a backup, or a copy of a project that goes on
 * elsewhere. Requests that may have been sent without its knowledge become a gap. Call it in a
 * transaction.
 */
export function checkProvenance(
  database: Database,
  {
    path,
    mark,
    now,
  }: { readonly path: string; readonly mark: Mark | undefined; readonly now: number },
): Provenance {
  const facts = claimFacts(database);
  const { ledger: id, newestClaim, claims } = facts;
  const since = (start: number, why: string, later: LaterClaims = {}): Gap[] => {
    const time = unknownTime(start, now, later, (before) => claimedBefore(database, before));
    database.run('update meta set lineage = ?', randomUUID());
    return [addGap(database, { ...time, why }, now)];
  };
  const original = originalOf(database, path, id);
  const clockAt =
    database.get<{ at: number | null }>('select clock_at as at from meta')?.at ?? null;
  if (original) {
    const copy = { id: becomeCopy(database), copyOf: original.path };
    const from = clockAt ?? original.later?.first;
    if (!original.wentOn || from == null) return { ...copy, found: [] };
    const why = `this project is a copy of the one with ${original.path}`;
    return { ...copy, found: since(from, why, original.later) };
  }
  const later = claimsInMark(mark, facts);
  const madeAt = takeBackup(database);
  if (madeAt !== undefined)
    return { id, found: since(madeAt, 'a backup was put in the place of the ledger', later) };
  if (mark?.newestClaim == null) return { id, found: [] };
  if (mark.ledger !== id)
    return {
      id,
      found: since(mark.firstClaim ?? mark.newestClaim, 'the ledger that was here before is gone'),
    };
  const isOlder =
    mark.claims === undefined
      ? mark.newestClaim > (newestClaim ?? -Infinity)
      : mark.claims > claims || (mark.lineage !== undefined && mark.lineage !== facts.lineage);
  if (!isOlder) return { id, found: [] };
  const from = clockAt ?? mark.firstClaim ?? mark.newestClaim;
  return { id, found: since(from, 'an older copy was put in the place of the ledger', later) };
}

function claimedBefore(database: Database, time: number): number | null {
  // Per account, to use the index.
  const row = database.get<{ at: number | null }>(
    `select max(at) as at from (
       select (select max(claimed_at) from submission where account = a.id and claimed_at <= ?) as at
       from account a)`,
    time,
  );
  return row?.at ?? null;
}

/**
 * Records the location of the ledger. Returns the original of a copy, where that file is still in
 * its place, and whether anything may have been claimed there since.
 */
function originalOf(
  database: Database,
  ledgerPath: string,
  id: string,
):
  | { readonly path: string; readonly wentOn: boolean; readonly later?: LaterClaims | undefined }
  | undefined {
  // A ledger in memory has no location.
  const facts = fileAt(ledgerPath);
  if (!facts) return undefined;
  const path = realpathSync(ledgerPath);
  const place = database.get<Place>('select path, dev, ino from place');
  const here: Place = { path, dev: String(facts.dev), ino: String(facts.ino) };
  if (place?.path === here.path && place.dev === here.dev && place.ino === here.ino)
    return undefined;
  const original = place && place.path !== path ? fileAt(place.path) : undefined;
  // The same file by another path, such as a mount.
  if (original?.ino === facts.ino && original.dev === facts.dev) return undefined;
  database.run('delete from place');
  database.run('insert into place (path, dev, ino) values (?, ?, ?)', path, here.dev, here.ino);
  if (!place || !original) return undefined;
  const later = claimsInFile(place.path, id, (submission) =>
    Boolean(database.get('select 1 from submission where id = ?', submission)),
  );
  const isOriginal = String(original.ino) === place.ino || later !== undefined;
  if (!isOriginal) return undefined;
  return { path: place.path, wentOn: later === undefined || later.count > 0, later };
}

function fileAt(path: string): BigIntStats | undefined {
  try {
    const facts = statSync(path, { bigint: true });
    return facts.isFile() ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** A copy gets its own id: its workers take no work of the original. */
function becomeCopy(database: Database): string {
  const id = randomUUID();
  database.run('update meta set ledger_id = ?', id);
  return id;
}

/** The time of the backup, if this file is one; from now on it is a ledger. */
function takeBackup(database: Database): number | undefined {
  if (!database.get(`select 1 from sqlite_schema where type = 'table' and name = 'backup'`))
    return undefined;
  const madeAt = database.get<{ at: number }>('select made_at as at from backup')?.at;
  database.execute('drop table backup');
  return madeAt;
}
