import type { SubmissionLedger } from '../../port.ts';
import { advance } from './advance.ts';
import { completeShots, failShots } from './bound-shots.ts';
import type { Database } from '../database.ts';

export function saveOutput(
  database: Database,
  id: string,
  index: number,
  file: Parameters<SubmissionLedger['saveOutput']>[2],
  now: number,
): boolean {
  const saved = database.run(
    `update output set state = 'saved', sha256 = ?1, bytes = ?2, mime = ?3, width = ?4, height = ?5,
       saved_at = iif(sha256 = ?1, saved_at, ?6), why = null
     where submission = ?7 and idx = ?8 and state = 'ready'`,
    file.sha256,
    file.bytes,
    file.mime,
    file.width,
    file.height,
    now,
    id,
    index,
  );
  if (saved === 0) return false;
  const unsaved = database.get(
    `select 1 from output where submission = ? and state <> 'saved'`,
    id,
  );
  if (!unsaved) completeShots(database, id);
  return true;
}

export function renewOutput(
  database: Database,
  id: string,
  index: number,
  url: string | null,
  expiresAt: number | null,
  now: number,
): boolean {
  return (
    database.run(
      `update output set url = ?, expires_at = ?, next_try_at = ?, timed_at = ?, why = null
       where submission = ? and idx = ? and state in ('ready', 'saved')`,
      url,
      expiresAt,
      now,
      now,
      id,
      index,
    ) > 0
  );
}

export function delayOutput(
  database: Database,
  id: string,
  index: number,
  { inMs, why }: { inMs: number; why: string },
  now: number,
): boolean {
  return (
    database.run(
      `update output set next_try_at = ?, timed_at = ?, tries = tries + 1, why = ?
       where submission = ? and idx = ? and state = 'ready'`,
      now + Math.round(inMs),
      now,
      why,
      id,
      index,
    ) > 0
  );
}

export function refuseOutput(
  database: Database,
  id: string,
  index: number,
  later: { inMs: number; why: string },
  now: number,
): number {
  if (!delayOutput(database, id, index, later, now)) return 0;
  const counted = database.get<{ refusals: number }>(
    `update output set refusals = refusals + 1 where submission = ? and idx = ?
     returning refusals`,
    id,
    index,
  );
  return counted?.refusals ?? 0;
}

/** One lost file is enough: the submission leaves the accepted set, so that its shots can be made anew. */
export function loseOutput(
  database: Database,
  id: string,
  index: number,
  why: string,
  now: number,
): boolean {
  const lost = database.run(
    `update output set state = 'lost', why = ? where submission = ? and idx = ? and state = 'ready'`,
    why,
    id,
    index,
  );
  if (lost === 0) return false;
  advance(database, 'loseOutput', id, why, now);
  failShots(database, id, why);
  return true;
}
