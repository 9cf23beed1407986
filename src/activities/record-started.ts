import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { StartedJob } from '../providers/port.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failpoint } from './failpoints.ts';

const firstPauseMs = 250;
const longestPauseMs = 30_000;

/**
 * Writes down which job a paid request has become, also when its submission was settled without one
 * meanwhile. The id is here and nowhere else, so a full disk or a locked ledger is waited for as long as
 * this process lives.
 * @returns whether it was late: who waited for it may have gone on without
 */
export async function recordStarted(
  deps: ActivityDependencies,
  submission: string,
  started: StartedJob,
  times: { nextPollInMs: number; giveUpInMs: number },
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { job, id, billed } = started;
  const subject = `job ${id} of submission ${submission}`;
  const reported = { ...times, ...(billed != null && { billed }) };
  const isFirst = await untilWritten(deps, subject, () =>
    submissions.submitted(submission, job, id, reported),
  );
  failpoint('recorded', submission);
  if (isFirst) return false;
  const isKept = await untilWritten(deps, subject, () =>
    submissions.lateJob(submission, job, id, reported),
  );
  if (!isKept)
    deps.log(
      `${subject}: another request has this job, or the vendor has named another; see the receipt`,
    );
  return isKept;
}

async function untilWritten<Result>(
  deps: ActivityDependencies,
  subject: string,
  write: () => Promise<Result>,
): Promise<Result> {
  for (
    let pauseMs = firstPauseMs, isTold = false;
    ;
    pauseMs = Math.min(longestPauseMs, pauseMs * 2)
  )
    try {
      return await write();
    } catch (error) {
      const mayPass = isOfMachine(error);
      if (!isTold)
        deps.log(
          `${subject} could not be written down: ${messageOf(error)}; ` +
            (mayPass
              ? 'tried until it is; if this ends before, tell it to `shotlist resolve`'
              : 'nothing else has its id'),
        );
      if (!mayPass) throw error;
      isTold = true;
      await sleep(pauseMs);
    }
}

/** The disk's or the database's, which carry a code; not the ledger's own word, and not of one that was closed. */
function isOfMachine(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code !== 'ERR_INVALID_STATE';
}
