import type { Database } from '../database.ts';
import { overdueMs } from './orphans.ts';
import { completeShots, rebindDoneShots } from '../shot-state.ts';
import { reinstate } from './lost-outputs.ts';
import { isSaved } from './outputs.ts';

/**
 * See SubmissionLedger.fetchAgain. What was known of the file stays: the same bytes are the same file. What was
 * counted against it ended when it came.
 */
export function fetchAgain(
  database: Database,
  id: string,
  index: number,
  { sha256, why }: { readonly sha256: string; readonly why: string },
  now: number,
): boolean {
  const again = database.run(
    `update output set state = 'ready', why = ?, next_try_at = ?, timed_at = ?, tries = 0,
       refusals = 0, refused_at = null, refused_ms = 0, gone_answers = 0, gone_ms = 0,
       seen_sha256 = null, seen_at = null
     where submission = ? and idx = ? and state = 'saved' and sha256 = ?`,
    why,
    // Its lane may be over: as one that was left alone, it is any range's of the batch at once.
    now - overdueMs - 1,
    now,
    id,
    index,
    sha256,
  );
  if (again === 0) return false;
  rebindDoneShots(database, id);
  return true;
}

/** See SubmissionLedger.foundOutput. */
export function foundOutput(
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
  if (isSaved(database, id)) {
    completeShots(database, id);
    reinstate(database, id, now);
  }
  return true;
}
