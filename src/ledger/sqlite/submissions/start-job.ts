import type { JsonObject } from '../../../json.ts';
import type { Amount } from '../../../money.ts';
import { learnBill } from '../bills.ts';
import { advance, jobIsTaken } from '../submission-state.ts';
import { parkShots, unparkShots } from '../shot-state.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';

export interface StartedJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly nextPollInMs: number;
  readonly giveUpInMs: number;
  readonly billed?: Amount | null;
}

const jobFrom = { submitted: 'answer', adopt: 'list', takeUp: 'person' } as const;

/** The submission's job is known: from now on it is polled. False, too, when the job is another's. */
export function startJob(
  database: Database,
  event: 'submitted' | 'adopt' | 'takeUp',
  id: string,
  started: StartedJob,
  now: number,
): boolean {
  const before = database.get<SubmissionRecord>('select * from submission where id = ?', id);
  if (!before) return false;
  // What the vendor has once answered to this very request is its job, whatever anybody says later.
  const isOther = before.job_id !== null && before.job_id !== started.jobId;
  if (isOther || jobIsTaken(database, before.account, started.jobId, id)) {
    if (event === 'submitted') leaveToPerson(database, id, started.jobId, now);
    return false;
  }
  if (!advance(database, event, id, null, now)) return false;
  database.run(
    `update submission set job = ?, job_id = ?, job_from = ?, submitted_at = ?, next_poll_at = ?,
       give_up_at = ?, timed_at = ?
     where id = ?`,
    JSON.stringify(started.job),
    started.jobId,
    jobFrom[event],
    now,
    now + Math.round(started.nextPollInMs),
    now + Math.round(started.giveUpInMs),
    now,
    id,
  );
  unparkShots(database, id);
  if (started.billed != null) learnBill(database, before, started.billed, now);
  return true;
}

/** The vendor answered two requests with one job: it made one for both, or the other's answer was wrong. */
function leaveToPerson(database: Database, id: string, jobId: string, now: number): void {
  const why = `the vendor answered with job ${jobId}, which another request has`;
  if (!advance(database, 'ambiguous', id, why, now)) return;
  database.run('update submission set over_at = ? where id = ?', now, id);
  advance(database, 'park', id, why, now);
  parkShots(database, id, why);
}
