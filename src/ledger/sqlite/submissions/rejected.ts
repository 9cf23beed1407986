import type { SubmissionLedger } from '../../port.ts';
import { advance, release } from '../submission-state.ts';
import { failShots, reopenShots } from '../shot-state.ts';
import { foldRefusal } from './fold-refusal.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';

type Effect = Parameters<SubmissionLedger['rejected']>[2];

/** Begins the reason of a request whose file was gone: one run renews it once. */
const isGone = 'a file that it names was gone at the vendor: ';

export function rejected(
  database: Database,
  { id, why: said, effect }: { id: string; why: string; effect: Effect },
  now: number,
): boolean {
  const why = effect === 'renew' ? `${isGone}${said}` : said;
  const moved = advance(database, 'rejected', id, why, now);
  if (!moved) return false;
  release(database, moved, 0);
  const isOver = effect === 'fail' || (effect === 'renew' && renewalsOf(database, moved) > 1);
  if (isOver) failShots(database, id, why);
  else {
    reopenShots(database, id);
    if (effect === 'reopen') foldRefusal(database, moved, why, now);
  }
  return true;
}

/** How often its run has met that, this time included. */
function renewalsOf(database: Database, { account, fp, batch, run }: SubmissionRecord): number {
  const row = database.get<{ count: number }>(
    `select count(*) as count from submission
     where account = ? and fp = ? and batch = ? and run = ? and state = 'rejected'
       and substr(why, 1, ?) = ?`,
    account,
    fp,
    batch,
    run,
    isGone.length,
    isGone,
  );
  return row?.count ?? 0;
}
