import type { JsonObject } from '../../../json.ts';
import type { Refusals, SavedFile } from '../../port.ts';
import { advance } from '../submission-state.ts';
import { completeShots, failShots } from '../shot-state.ts';
import type { Database } from '../database.ts';

export function saveOutput(
  database: Database,
  id: string,
  index: number,
  { file, job }: { readonly file: SavedFile; readonly job: JsonObject | undefined },
  now: number,
): boolean {
  if (job && !hasJob(database, id, job)) return false;
  if (!putFile(database, id, index, { from: 'ready', file }, now)) return false;
  if (isSaved(database, id)) completeShots(database, id);
  return true;
}

function hasJob(database: Database, id: string, job: JsonObject): boolean {
  const own = 'select 1 from submission where id = ? and job = ?';
  return database.get(own, id, JSON.stringify(job)) !== undefined;
}

export function putFile(
  database: Database,
  id: string,
  index: number,
  { from, file }: { readonly from: 'ready' | 'lost'; readonly file: SavedFile },
  now: number,
): boolean {
  const saved = database.run(
    `update output set state = 'saved', sha256 = ?1, bytes = ?2, mime = ?3, width = ?4, height = ?5,
       damaged = ?6, saved_at = iif(sha256 = ?1, saved_at, ?7), why = null
     where submission = ?8 and idx = ?9 and state = ?10`,
    file.sha256,
    file.bytes,
    file.mime,
    file.width,
    file.height,
    file.damaged ?? null,
    now,
    id,
    index,
    from,
  );
  return saved > 0;
}

/** Whether every file of a submission is saved. */
export function isSaved(database: Database, id: string): boolean {
  const other = `select 1 from output where submission = ? and state <> 'saved'`;
  return database.get(other, id) === undefined;
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

/**
 * The time since the last refusal counts at most as much as the pause until the next try. Pauses
 * only grow, so all of that time counts while the machine is awake.
 */
export function refuseOutput(
  database: Database,
  id: string,
  index: number,
  { inMs, why, isGone }: { inMs: number; why: string; isGone: boolean },
  now: number,
): Refusals | undefined {
  if (!delayOutput(database, id, index, { inMs, why }, now)) return undefined;
  return database.get<Refusals>(
    `with step as (select submission, idx,
         max(0, min(?5, ?3 - coalesce(refused_at, ?3))) as ms
       from output where submission = ?1 and idx = ?2)
     update output set refusals = refusals + 1, refused_at = ?3, refused_ms = refused_ms + step.ms,
       gone_answers = iif(?4, gone_answers + 1, 0),
       gone_ms = iif(?4 and gone_answers > 0, gone_ms + step.ms, 0)
     from step where output.submission = step.submission and output.idx = step.idx
     returning refused_ms as forMs, gone_answers as goneAnswers, gone_ms as goneForMs`,
    id,
    index,
    now,
    isGone ? 1 : 0,
    Math.round(inMs),
  );
}

export function noteDamaged(
  database: Database,
  id: string,
  index: number,
  sha256: string,
  now: number,
): number | undefined {
  const before = database.get<{ at: number }>(
    `select seen_at as at from output
     where submission = ? and idx = ? and seen_sha256 = ? and seen_at <= ?`,
    id,
    index,
    sha256,
    now,
  );
  if (before) return now - before.at;
  database.run(
    'update output set seen_sha256 = ?, seen_at = ? where submission = ? and idx = ?',
    sha256,
    now,
    id,
    index,
  );
  return undefined;
}

/** One lost file is enough: the submission is no longer accepted, so its shots can be made again. */
export function loseOutput(
  database: Database,
  id: string,
  index: number,
  why: string,
  now: number,
): boolean {
  const lost = database.run(
    `update output set state = 'lost', why = ?, asked_at = ?
     where submission = ? and idx = ? and state = 'ready'`,
    why,
    now,
    id,
    index,
  );
  if (lost === 0) return false;
  advance(database, 'loseOutput', id, why, now);
  failShots(database, id, why);
  return true;
}
