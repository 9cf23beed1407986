import { isDeepStrictEqual } from 'node:util';
import type { ShotRequest } from '../batch/request.ts';
import type { Due } from '../ledger/port.ts';
import { type Candidate, lookAround, mayBeOf } from './candidates.ts';
import { jobTimes } from './claim-and-start.ts';
import { jumpWatchOf } from './clock.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { reached } from './moments.ts';

/** How far outside the request's time a job may have been made that nothing but its time tells apart. */
const closeMs = 5_000;

type Rivals = readonly (ShotRequest | null)[];

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
  const { provider } = access;
  const { submission } = unclear;
  const { postMs } = access.timeouts;
  if (deps.now() < unclear.deadlineAt + postMs) return false;
  // By the wall clock alone: the request may be on its way still, and its job to come.
  const watch = jumpWatchOf(deps.now);
  if (!watch.isSteadyFor(postMs)) return false;
  if (unclear.deadlineAt - unclear.claimedAt < postMs - closeMs) {
    await submissions.park(submission, 'the clock was set back while it was on its way');
    return true;
  }
  // First these: one that finds its job while the list is read is counted, and that only delays.
  const rivals = await submissions.rivals(submission);
  const witnesses = await submissions.witnesses(submission);
  const sighting = await lookAround(
    { ledger: deps.ledger, provider, account: access.key },
    // What was held up by a jump, such as a sleep, reached the vendor after it.
    { ...unclear, deadlineAt: Math.min(deps.now(), unclear.deadlineAt + watch.jumpedMs) },
    witnesses,
  );
  if (!sighting) {
    await submissions.park(submission, `${unclear.why}, and the vendor does not list its jobs`);
    return true;
  }
  const { candidates, overlooked } = sighting;
  if (candidates.length > 0) return await choose(deps, access, unclear, { rivals, candidates });
  return await callAbsent(deps, access, unclear, { witnesses: witnesses.length, overlooked });
}

/**
 * No job of the request is listed. That proves something only of a list which shows the jobs that surely
 * are there: one that lags is read again, and one that stays silent is left to a person.
 */
async function callAbsent(
  deps: ActivityDependencies,
  access: AccountAccess,
  { submission, request, deadlineAt, why }: Due['ambiguous'][number],
  { witnesses, overlooked }: { readonly witnesses: number; readonly overlooked: number },
): Promise<boolean> {
  const { submissions } = deps.ledger;
  if (witnesses > 0 && overlooked === 0) return await submissions.absent(submission);
  const mayTellMore = overlooked > 0 || access.pulse.polls.live > 0;
  const { giveUpInMs } = jobTimes(deps, access, request);
  if (mayTellMore && deps.now() < deadlineAt + giveUpInMs) return false;
  const doubt =
    overlooked > 0
      ? `the vendor's list leaves out ${overlooked} of ${witnesses} jobs that are known`
      : 'no job that is known shows whether the vendor lists all';
  await submissions.park(submission, `${why}, and ${doubt}`);
  return true;
}

async function choose(
  deps: ActivityDependencies,
  access: AccountAccess,
  unclear: Due['ambiguous'][number],
  { rivals, candidates }: { readonly rivals: Rivals; readonly candidates: readonly Candidate[] },
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, request } = unclear;
  const isClose = ({ job: { createdAt } }: Candidate): boolean =>
    createdAt >= unclear.claimedAt - closeMs && createdAt <= unclear.deadlineAt + closeMs;
  const isOnly = rivals.length === 0 && candidates.length === 1 && candidates.every(isClose);
  const chosen = isOnly ? candidates : await surelyOurs(deps, request, { rivals, candidates });
  for (const { job } of chosen) {
    const times = jobTimes(deps, access, request);
    if (await submissions.adopt(submission, job.job, job.id, times)) return true;
  }
  // Others have taken them since.
  if (chosen.length > 0) return false;
  // A job that still runs may tell more when it is done.
  const patienceMs = jobTimes(deps, access, request).giveUpInMs;
  const untold = candidates.some(({ fit }) => fit === 'untold');
  if (untold && access.provider.describe && deps.now() < unclear.deadlineAt + patienceMs)
    return false;
  await submissions.park(submission, `${unclear.why}, and ${candidates.length} jobs may be it`);
  return true;
}

/**
 * Jobs that tell what was asked for, when they can be nobody else's: as many at most as there are requests
 * for the very same that wait for one, any of which may have any of them, and none that fits another request.
 */
async function surelyOurs(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  request: ShotRequest,
  { rivals, candidates }: { readonly rivals: Rivals; readonly candidates: readonly Candidate[] },
): Promise<readonly Candidate[]> {
  const same = candidates.filter(({ fit }) => fit === 'same');
  const equal = rivals.filter((rival) => isDeepStrictEqual(rival, request));
  if (same.length > equal.length + 1) return [];
  for (const rival of rivals)
    for (const job of same)
      if (rival && !equal.includes(rival) && (await mayBeOf(ledger, rival, job))) return [];
  return same;
}
