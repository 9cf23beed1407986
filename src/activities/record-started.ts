import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { StartedJob } from '../providers/port.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failpoint } from './failpoints.ts';

const firstPauseMs = 250;
const longestPauseMs = 30_000;

/**
 * Records the job of a paid request, even if its submission was settled without one meanwhile. The
 * id exists only here, so writing is retried on a full disk or a locked ledger while this process
 * lives.
 * @returns whether it was late: the rest of the run may have continued without it
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
              ? 'it is tried again; if this process ends first, name the job to `shotlist resolve`'
              : 'nothing else has its id'),
        );
      if (!mayPass) throw error;
      isTold = true;
      await sleep(pauseMs);
    }
}

/** Disk and database errors have a code. The ledger's own errors and a closed ledger do not count. */
function isOfMachine(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code !== 'ERR_INVALID_STATE';
}
