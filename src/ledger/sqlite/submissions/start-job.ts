import type { JsonObject } from '../../../json.ts';
import { advance, jobIsTaken } from './advance.ts';
import { unparkShots } from './bound-shots.ts';
import type { Database } from '../database.ts';

export interface StartedJob {
  readonly job: JsonObject;
  readonly jobId: string;
  readonly nextPollInMs: number;
  readonly giveUpInMs: number;
}

/** The submission's job is known: from now on it is asked after. False, too, when the job is another's. */
export function startJob(
  database: Database,
  event: 'submitted' | 'adopt' | 'takeUp',
  id: string,
  started: StartedJob,
  now: number,
): boolean {
  const moved = advance(database, event, id, null, now);
  if (!moved) return false;
  // What the vendor has once answered to this very request is its job, whatever anybody says later.
  const isOther = moved.job_id !== null && moved.job_id !== started.jobId;
  if (isOther || jobIsTaken(database, moved.account, started.jobId, id)) {
    if (event === 'submitted')
      throw new Error(`job ${started.jobId} of ${moved.account} belongs to another submission`);
    database.run(
      'update submission set state = ?, why = ? where id = ?',
      moved.state,
      moved.why,
      id,
    );
    return false;
  }
  database.run(
    `update submission set job = ?, job_id = ?, submitted_at = ?, next_poll_at = ?, give_up_at = ?,
       timed_at = ?
     where id = ?`,
    JSON.stringify(started.job),
    started.jobId,
    now,
    now + Math.round(started.nextPollInMs),
    now + Math.round(started.giveUpInMs),
    now,
    id,
  );
  unparkShots(database, id);
  return true;
}
