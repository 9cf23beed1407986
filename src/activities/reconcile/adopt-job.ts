import type { Due } from '../../ledger/port.ts';
import { jobTimes } from '../claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { JobRef } from '../../providers/port.ts';
import type { Candidate } from './candidates.ts';

/**
 * Adopts the first of these jobs that the vendor knows and no submission has.
 * @returns `unknown`: the vendor lists a job, but reports it missing when it is checked
 */
export async function adoptOneOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  { submission, request }: Due['ambiguous'][number],
  jobs: readonly Candidate[],
): Promise<'adopted' | 'taken' | 'unknown'> {
  const { submissions } = deps.ledger;
  let isUnknown = false;
  for (const { job } of jobs) {
    if (await isMissing(access, job.job)) isUnknown = true;
    else if (await submissions.adopt(submission, job.job, job.id, jobTimes(deps, access, request)))
      return 'adopted';
  }
  return isUnknown ? 'unknown' : 'taken';
}

/** Any other failure proves nothing, since the job is listed. */
async function isMissing({ provider }: AccountAccess, job: JobRef): Promise<boolean> {
  const state = await provider.check(job).catch(() => undefined);
  return state?.state === 'missing';
}

/** Reason for parking a request: `2 jobs may be it`. */
export function mayBeIt({ length }: readonly Candidate[]): string {
  return `${length === 1 ? '1 job' : `${length} jobs`} may be it`;
}
