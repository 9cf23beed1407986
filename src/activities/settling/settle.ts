import type { Due, Witness } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { lookAround, type Sighting } from './candidates.ts';
import { chooseJobs, type Question } from './choose-job.ts';
import { jobTimes } from '../claim-and-start.ts';
import { jumpWatchOf } from '../clock.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { reached } from '../moments.ts';

/** By how much a clock that was set back while a request was on its way shortens its time. */
const setBackMs = 5_000;

/**
 * Finds out whether a request without a usable answer made a job. Adopts only the one job that fits, calls
 * it absent only when the vendor's list shows none, and else leaves it to a person.
 * @returns whether it is settled; false asks to look again a little later
 */
export async function settle(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
): Promise<boolean> {
  const isSettled = await lookUp(deps, access, unclear);
  if (isSettled) reached('settled', unclear.submission);
  return isSettled;
}

async function lookUp(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, claimedAt, deadlineAt, why } = unclear;
  const { postMs } = access.timeouts;
  if (deps.now() < deadlineAt + postMs) return false;
  // By the wall clock alone: the request may be on its way still, and its job to come.
  const watch = jumpWatchOf(deps.now);
  if (!watch.isSteadyFor(postMs)) return false;
  if (deadlineAt - claimedAt < postMs - setBackMs)
    return await park(deps, submission, 'the clock was set back while it was on its way');
  const jumpedMs = watch.jumpedSince(claimedAt);
  // First these: one that finds its job while the list is read is counted, and that only delays.
  const rivals = await submissions.rivals(submission, 2 * clockSlackMs + jumpedMs);
  const witnesses = await submissions.witnesses(submission);
  let sighting: Sighting | undefined;
  try {
    sighting = await lookAround(
      { ledger: deps.ledger, provider: access.provider, account: access.key },
      // What was held up by a jump, such as a sleep, reached the vendor after it.
      { ...unclear, deadlineAt: Math.min(deps.now(), deadlineAt + jumpedMs) },
      witnesses,
    );
  } catch (error) {
    const { account, message } = access.provider.classify(error);
    // A vendor that answers, and whose list cannot be read for so long, will not tell any more.
    if (account.kind !== 'fine' || isWithinPatience(deps, access, unclear)) throw error;
    return await park(deps, submission, `${why}, and the list of jobs cannot be read: ${message}`);
  }
  if (!sighting)
    return await park(deps, submission, `${why}, and the vendor does not list its jobs`);
  if (sighting.candidates.length > 0)
    return await choose(deps, access, { unclear, rivals, jumpedMs, sighting });
  const known = witnesses.filter(({ sameModel }) => sameModel);
  return await callAbsent(deps, access, unclear, { known, sighting });
}

/**
 * No job of the request is listed. That proves something only of a list which shows the jobs that surely
 * are there, and one that was made later: a list that lags is read again, and one that stays silent is
 * left to a person.
 */
async function callAbsent(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
  { known, sighting }: { readonly known: readonly Witness[]; readonly sighting: Sighting },
): Promise<boolean> {
  const { submission, why } = unclear;
  const { overlooked, unreadable } = sighting;
  const isWhole = overlooked === 0 && unreadable === 0;
  const isUpToDate = known.some(({ claimedAt }) => claimedAt > unclear.claimedAt);
  if (isUpToDate && isWhole) return await deps.ledger.submissions.absent(submission);
  const mayTellMore = !isWhole || access.pulse.polls.live > 0;
  if (mayTellMore && isWithinPatience(deps, access, unclear)) return false;
  const doubt = isWhole
    ? 'no job made since shows whether the vendor lists all'
    : overlooked > 0
      ? `the vendor's list leaves out ${overlooked} of ${known.length} jobs that are known`
      : `${unreadable} ${unreadable === 1 ? 'entry' : 'entries'} of the vendor's list cannot be read`;
  return await park(deps, submission, `${why}, and ${doubt}`);
}

async function choose(
  deps: ActivityDependencies,
  access: AccountAccess,
  question: Question,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, request, why } = question.unclear;
  const { candidates, unreadable } = question.sighting;
  const chosen = await chooseJobs(deps.ledger, question);
  if (chosen === 'wait') return false;
  for (const { job } of chosen)
    if (await submissions.adopt(submission, job.job, job.id, jobTimes(deps, access, request)))
      return true;
  // Others have taken them since.
  if (chosen.length > 0) return false;
  // A job that still runs may tell more when it is done.
  const untold = candidates.some(({ fit }) => fit !== 'same') && access.provider.describe;
  const mayTellMore = untold || unreadable > 0;
  if (mayTellMore && isWithinPatience(deps, access, question.unclear)) return false;
  const jobs = candidates.length === 1 ? '1 job' : `${candidates.length} jobs`;
  const unread = unreadable > 0 ? `, and ${unreadable} that cannot be read` : '';
  return await park(deps, submission, `${why}, and ${jobs} may be it${unread}`);
}

/** Whether a job of the request could still be running, and tell more once it is done. */
function isWithinPatience(
  deps: ActivityDependencies,
  access: AccountAccess,
  { request, deadlineAt }: Due['ambiguous'][number],
): boolean {
  return deps.now() < deadlineAt + jobTimes(deps, access, request).giveUpInMs;
}

async function park(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  submission: string,
  why: string,
): Promise<true> {
  await ledger.submissions.park(submission, why);
  return true;
}
