import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';

/**
 * A refusal right after an equal one of the same shot in the same run adds nothing but a number: it is counted
 * in the row of the first, and its own row goes. Its money is free and its shots are open by then. When the
 * first ended stays as it was, for whoever asks what was on its way at a time.
 */
export function foldRefusal(
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

/** Some shot, such as one that has left the plan, still names it. */
function isShown(database: Database, id: string): boolean {
  return database.get('select 1 from shot where submission = ?', id) !== undefined;
}
