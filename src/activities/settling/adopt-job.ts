import type { Due } from '../../ledger/port.ts';
import { jobTimes } from '../claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { Candidate } from './candidates.ts';

/** Gives a request the first of these jobs that nobody else has taken since. @returns whether there was one */
export async function adoptOneOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  { submission, request }: Due['ambiguous'][number],
  jobs: readonly Candidate[],
): Promise<boolean> {
  const { submissions } = deps.ledger;
  for (const { job } of jobs)
    if (await submissions.adopt(submission, job.job, job.id, jobTimes(deps, access, request)))
      return true;
  return false;
}

/** Why a request is left to a person: `2 jobs may be it`. */
export function mayBeIt({ length }: readonly Candidate[]): string {
  return `${length === 1 ? '1 job' : `${length} jobs`} may be it`;
}
