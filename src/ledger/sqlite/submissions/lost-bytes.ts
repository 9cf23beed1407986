import { placeHolder } from '../claims/places.ts';
import type { Database } from '../database.ts';
import { advance } from './advance.ts';
import { completeShot, completeShots } from './bound-shots.ts';

/** See SubmissionLedger.fetchAgain. What was known of the file stays: the same bytes are the same file. */
export function fetchAgain(
  database: Database,
  id: string,
  index: number,
  { sha256, why }: { readonly sha256: string; readonly why: string },
  now: number,
): boolean {
  const again = database.run(
    `update output set state = 'ready', why = ?, next_try_at = ?, timed_at = ?, tries = 0,
       refusals = 0
     where submission = ? and idx = ? and state = 'saved' and sha256 = ?`,
    why,
    now,
    now,
    id,
    index,
    sha256,
  );
  if (again === 0) return false;
  database.run(
    `update shot set state = 'bound', lane = null, pos = null
     where submission = ? and state = 'done'`,
    id,
  );
  return true;
}

/** See SubmissionLedger.recoverOutput. */
export function recoverOutput(
  database: Database,
  id: string,
  index: number,
  sha256: string,
  now: number,
): boolean {
  const back = database.run(
    `update output set state = 'saved', why = null
     where submission = ? and idx = ? and state in ('ready', 'lost') and sha256 = ?`,
    id,
    index,
    sha256,
  );
  if (back === 0) return false;
  const unsaved = database.get(
    `select 1 from output where submission = ? and state <> 'saved'`,
    id,
  );
  if (unsaved) return true;
  completeShots(database, id);
  reinstate(database, id, now);
  return true;
}

/** A lost submission is whole again. Where another has taken its place, it stands beside that one. */
function reinstate(database: Database, id: string, now: number): void {
  const row = database.get<{ account: string; fp: string; ended_at: number | null }>(
    `select account, fp, ended_at from submission where id = ? and state = 'lost'`,
    id,
  );
  if (!row) return;
  const isTaken = placeHolder(database, row.account, row.fp) !== undefined;
  database.run('update submission set spare = ? where id = ?', isTaken ? 1 : 0, id);
  advance(database, 'recover', id, null, now);
  database.run('update submission set ended_at = ? where id = ?', row.ended_at, id);
  if (isTaken) return;
  const failed = database.all<{ id: number }>(
    `select id from shot where submission = ? and state = 'failed'`,
    id,
  );
  for (const shot of failed) completeShot(database, shot.id, id);
}
