import type { SubmissionLedger } from '../../port.ts';
import type { Database } from '../database.ts';
import { isOwnKey } from '../keys.ts';
import type { SubmissionRecord } from '../rows.ts';
import { failOwnShots, failShots, reopenShots } from '../shot-state.ts';
import { advance, release } from '../submission-state.ts';

type Effect = Parameters<SubmissionLedger['rejected']>[2];

/** Prefix of the reason when a file of the request was gone: one run renews the request once. */
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

/** Number of such refusals of the request in its run, this one included. */
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

/** The reason of a request that the vendor's list proved absent. */
export const isAbsent = 'the vendor has no such job';
/** Maximum sends in one run of a request that gets no answer and makes no job: each may be charged. */
const absentMost = 3;

/** Opens the shot again, up to `absentMost` sends in this run; other batches count for themselves. */
export function absent(
  database: Database,
  { id, keyHash }: { readonly id: string; readonly keyHash: string },
  now: number,
): boolean {
  const row = database.get<{ account: string }>('select account from submission where id = ?', id);
  if (!row || !isOwnKey(database, row.account, keyHash)) return false;
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

/**
 * Folds a refusal into the row of the equal one right before it, of the same shot in the same run.
 * Only the count changes, and the row of the new one goes. By then its money is released and its
 * shots are open. The end time of the first stays, for questions about requests on their way at a
 * time.
 */
function foldRefusal(
  database: Database,
  { id, op, account, fp, batch, run, key, refusals, claim_no }: SubmissionRecord,
  why: string,
  now: number,
): void {
  const before = database.get<SubmissionRecord>(
    `select * from submission indexed by submission_fp where account = ? and fp = ? and id <> ?
     order by claimed_at desc, ended_at desc limit 1`,
    account,
    fp,
    id,
  );
  if (before?.state !== 'rejected' || before.why !== why || before.op !== op) return;
  if (before.batch !== batch || before.run !== run || before.key !== key) return;
  if (before.job_id !== null || before.resolution !== null || isShown(database, id)) return;
  database.run(
    'update submission set refusals = refusals + ?, refused_at = ?, claim_no = ? where id = ?',
    refusals,
    now,
    claim_no,
    before.id,
  );
  database.run('delete from submission where id = ?', id);
}

/** Some shot still refers to it, such as one that has left the plan. */
function isShown(database: Database, id: string): boolean {
  return database.get('select 1 from shot where submission = ?', id) !== undefined;
}
