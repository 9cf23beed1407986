import type { Due, KnownJob } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { adoptOneOf, mayBeIt } from './adopt-job.ts';
import { type Candidate, isNowhere, lookAround, type Sighting, vendorOf } from './candidates.ts';
import { chooseJobs, mayHaveBeenRepeated, type Question } from './choose-job.ts';
import { elapsedSince, jumpWatchOf } from '../clock.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { failpoint } from '../failpoints.ts';
import { patienceWith, unreadableList } from './patience.ts';
import { settleInGap } from './settle-in-gap.ts';

/** A `sendBy` more than this before `claimedAt` shows that the clock was set back. */
const setBackMs = 5_000;
/** Lookups wait this much longer than needed, so that those of about the same time share a list. */
const shareMs = 2_000;
/** Time for the vendor to list the job of an interrupted request, in usual durations of a POST. */
const settleFactor = 10;

type Ambiguous = Due['ambiguous'][number];

/**
 * Delays before an ambiguous request is settled. `settleMs`: after its deadline, if its end was not
 * seen. `overMs`: after its end. Both leave the vendor time to list the job; without a job list
 * both are 0.
 */
export function settleTimes({ provider, timeouts, throttle }: AccountAccess): {
  readonly settleMs: number;
  readonly overMs: number;
} {
  if (!provider.listJobs) return { settleMs: 0, overMs: 0 };
  const { postMs, listLagMs } = timeouts;
  const overMs = Math.max(listLagMs, Math.min(postMs, settleFactor * throttle.postMs));
  return { settleMs: Math.max(postMs, listLagMs) + shareMs, overMs: overMs + shareMs };
}

/**
 * Determines whether a request without a usable answer made a job. It adopts only the one job that
 * fits. It calls the request absent only if the vendor's list shows no such job. Otherwise it parks
 * the request, at once if no later information can help.
 * @returns whether it is settled; false: check again a little later
 */
export async function settle(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Ambiguous,
): Promise<boolean> {
  const isSettled = await lookUp(deps, access, ambiguous);
  if (isSettled) failpoint('settled', ambiguous.submission);
  return isSettled;
}

async function lookUp(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Ambiguous,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, claimedAt, sendBy, deadlineAt, overAt, why } = ambiguous;
  if (ambiguous.gap !== null) return await settleInGap(deps, access, ambiguous);
  if (!hasSettled(deps, access, ambiguous)) return false;
  if (overAt === null && sendBy < claimedAt - setBackMs)
    return await park(deps, submission, 'the clock was set back while it was on its way');
  const watch = jumpWatchOf(deps);
  const jumpedMs = watch.jumpedSince(claimedAt);
  const unseenMs = watch.unseenSince(claimedAt);
  // Read these first: a request that finds its job during the list call still counts, which only
  // delays.
  const competing = await submissions.competing(submission, 2 * clockSlackMs + jumpedMs + unseenMs);
  const knownJobs = await submissions.knownJobs(submission);
  const settledForMs = elapsedSince(deps, settledAt(access, ambiguous)) + shareMs;
  const vendor = vendorOf(deps, access, settledForMs);
  let sighting: Sighting | undefined;
  try {
    sighting = await lookAround(
      vendor,
      // A request delayed by a jump, such as a machine sleep, reached the vendor after it.
      { ...ambiguous, deadlineAt: Math.min(deps.now(), deadlineAt + jumpedMs), unseenMs },
      knownJobs,
    );
  } catch (error) {
    const doubt = await unreadableList(deps, access, ambiguous.request, error);
    return await park(deps, submission, `${why}, and ${doubt}`);
  }
  if (!sighting)
    return await park(deps, submission, `${why}, and the vendor does not list its jobs`);
  if (sighting.candidates.length > 0)
    return await choose(deps, access, {
      ambiguous,
      competing: [
        ...competing,
        ...mayHaveBeenRepeated({ ambiguous, competing, sighting }, knownJobs),
      ],
      jumpedMs,
      sighting,
    });
  const known = knownJobs.filter(({ sameModel }) => sameModel);
  return await callAbsent(deps, access, ambiguous, { vendor, known, sighting });
}

/**
 * Whether the request is surely over, and its job listed if it made one. The wall clock alone does
 * not prove it. Its time counts only if no jump was seen for as long.
 */
function hasSettled(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Ambiguous,
): boolean {
  const { claimedAt, deadlineAt, overAt } = ambiguous;
  const { settleMs, overMs } = settleTimes(access);
  const watch = jumpWatchOf(deps);
  if (deps.now() < settledAt(access, ambiguous)) return false;
  if (overAt !== null) return watch.isSteadyFor(overMs);
  const onItsWayMs = Math.max(access.timeouts.postMs, deadlineAt - claimedAt);
  return watch.isSteadyFor(onItsWayMs + settleMs);
}

/** Epoch milliseconds of its first lookup; the list shows its job `shareMs` earlier, if it made one. */
function settledAt(access: AccountAccess, { deadlineAt, overAt }: Ambiguous): number {
  const { settleMs, overMs } = settleTimes(access);
  return overAt === null ? deadlineAt + settleMs : overAt + overMs;
}

/**
 * Handles a request without a listed job. Only a list that shows the known jobs, and a job made
 * later, proves absence. A lagging list is read again. A list that never shows a later job leads to
 * parking.
 */
async function callAbsent(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Ambiguous,
  {
    vendor,
    known,
    sighting,
  }: {
    readonly vendor: ReturnType<typeof vendorOf>;
    readonly known: readonly KnownJob[];
    readonly sighting: Sighting;
  },
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, why } = ambiguous;
  const { overlooked, unreadable } = sighting;
  const isWhole = overlooked === 0 && unreadable === 0;
  const isUpToDate = known.some(({ claimedAt }) => claimedAt > ambiguous.claimedAt);
  if (isUpToDate && isWhole && (await isNowhere(vendor, ambiguous, known)))
    return await submissions.absent(submission, access.keyHash);
  const mayTellMore = !isWhole || (await submissions.hasLater(submission));
  const since = await tellingSince(deps, access, ambiguous, known);
  if (mayTellMore && isWithinPatience(deps, access, ambiguous, since)) return false;
  const doubt = isWhole
    ? isUpToDate
      ? 'a job with another time may be its job'
      : 'no later job shows whether the list is complete'
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
  const { submission, why } = question.ambiguous;
  const { candidates, unreadable } = question.sighting;
  const isInGap = question.competing.some(({ inGap }) => inGap);
  const isShared = isInGap && (await submissions.hasLikeness(submission));
  const chosen = isShared ? [] : await chooseJobs(deps.ledger, question);
  if (chosen === 'wait') return false;
  const end =
    chosen.length > 0 ? await adoptOneOf(deps, access, question.ambiguous, chosen) : undefined;
  if (end === 'adopted') return true;
  // Other submissions have these jobs by now.
  if (end === 'taken') return false;
  const tellsMore = end === 'unknown' || candidates.some(mayTellMore(access)) || unreadable > 0;
  if (tellsMore && isWithinPatience(deps, access, question.ambiguous)) return false;
  const unread = unreadable > 0 ? `, and ${unreadable} that cannot be read` : '';
  return await park(deps, submission, `${why}, and ${mayBeIt(candidates)}${unread}`);
}

/** A running job may reveal its request when it ends; an ended job reveals nothing more. */
const mayTellMore =
  ({ provider }: AccountAccess) =>
  ({ fit, hasEnded }: Candidate): boolean =>
    fit !== 'same' && !hasEnded && provider.describe !== undefined;

/** @param since epoch milliseconds from which the list could show the result */
function isWithinPatience(
  deps: ActivityDependencies,
  access: AccountAccess,
  { request, deadlineAt, overAt }: Ambiguous,
  since = overAt ?? deadlineAt,
): boolean {
  return deps.now() < since + patienceWith(deps, access, request);
}

/**
 * Time from which the list can show the result: the end of the request. It is later if the account
 * was blocked afterwards, or no worker ran. The jobs that prove it were made only then, and a
 * lagging list needs its time from then on.
 */
async function tellingSince(
  deps: ActivityDependencies,
  { key }: AccountAccess,
  { claimedAt, deadlineAt, overAt }: Ambiguous,
  known: readonly KnownJob[],
): Promise<number> {
  const endAt = overAt ?? deadlineAt;
  const later = known.filter((job) => job.claimedAt > claimedAt);
  if (later.length > 0) return Math.max(endAt, Math.min(...later.map((job) => job.submittedAt)));
  const blockedUntil = (await deps.ledger.submissions.blockedUntil(key)) ?? 0;
  return Math.max(endAt, blockedUntil, jumpWatchOf(deps).beganAt);
}

async function park(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  submission: string,
  why: string,
): Promise<true> {
  await ledger.submissions.park(submission, why);
  return true;
}
