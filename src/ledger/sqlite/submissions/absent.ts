import { advance, release } from '../submission-state.ts';
import { failOwnShots, reopenShots } from '../shot-state.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';

const isAbsent = 'the vendor has no such job';
/** How often one run sends a request that gets no answer and makes no job: each time may be charged. */
const absentMost = 3;

/** Its shot is open again, until this run has sent it so often; other batches count for themselves. */
export function absent(database: Database, id: string, now: number): boolean {
  const moved = advance(database, 'absent', id, isAbsent, now);
  if (!moved) return false;
  release(database, moved, 0);
  if (moved.gap === null && absencesOf(database, moved) >= absentMost)
    failOwnShots(
      database,
      id,
      moved.batch,
      `sent ${absentMost} times without an answer, and ${isAbsent}`,
    );
  reopenShots(database, id);
  return true;
}

function absencesOf(database: Database, { account, fp, batch, run }: SubmissionRecord): number {
  const row = database.get<{ count: number }>(
    `select count(*) as count from submission
     where account = ? and fp = ? and +batch = ? and run = ? and state = 'rejected' and why = ?
       and gap is null`,
    account,
    fp,
    batch,
    run,
    isAbsent,
  );
  return row?.count ?? 0;
}
