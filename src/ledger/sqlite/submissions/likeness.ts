import type { Database } from '../database.ts';
import { states } from '../states.ts';

/** On a row with a `request`: the same words, or without any the same files, and anything else another. */
const isAlike = `request ->> '$.prompt' is ?2 and request <> ?3
  and (?2 is not null or request -> '$.references' = ?4)`;

/** See SubmissionLedger.hasLikeness. */
export function hasLikeness(database: Database, submission: string): boolean {
  const about = database.get<{ account: string; request: string }>(
    'select account, request from submission where id = ?',
    submission,
  );
  if (!about) return false;
  const { account, request } = about;
  const { prompt = null, references } = JSON.parse(request) as {
    prompt?: string;
    references: unknown;
  };
  const alike = [account, prompt, request, JSON.stringify(references)] as const;
  // Of whichever batch. One that is not open may have been run, or run again, in the gap.
  const wanted = database.get(
    `select 1 from shot indexed by shot_wanted
     where account = ?1 and state in ${states.waitingShots} and ${isAlike} limit 1`,
    ...alike,
  );
  if (wanted) return true;
  return (
    database.get(
      `select 1 from submission indexed by submission_state
       where account = ?1 and state in ('claimed', 'ambiguous', 'parked', 'submitted', 'stalled')
         and ${isAlike}
       limit 1`,
      ...alike,
    ) !== undefined
  );
}
