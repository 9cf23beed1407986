import type { Database } from '../database.ts';

/** Processes of one machine read its clock a little apart. */
const apartMs = 1_000;

/**
 * Counts a claim. Its number says what was claimed before what, which its time does not where the clock was
 * set back; each time that it was is noted.
 */
export function nextClaimNumber(database: Database, now: number): number {
  const meta = database.get<{ claims: number; clock_at: number | null }>(
    'select claims, clock_at from meta',
  );
  const number = (meta?.claims ?? 0) + 1;
  database.run('update meta set claims = ?, clock_at = ?', number, now);
  if (meta?.clock_at != null && now < meta.clock_at - apartMs)
    database.run('insert into clock_back (claim_no, at) values (?, ?)', number, now);
  return number;
}
