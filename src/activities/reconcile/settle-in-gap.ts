import type { Due, KnownJob } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { elapsedSince, jumpWatchOf } from '../clock.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { adoptOneOf, mayBeIt } from './adopt-job.ts';
import { isNowhere, lookAround, type Sighting, vendorOf } from './candidates.ts';
import { unreadableList } from './patience.ts';

/** Wait after a gap, in time limits of a POST: a request sent in it may be on its way, and not listed yet. */
const settleFactor = 2;
/** Extra wait beyond the clock tolerance, so that later requests are not mistaken for one in the gap. */
const apartMs = 5_000;

/**
 * Settles a request that may have been sent in a gap, such as the time since a restored backup. A
 * matching job is adopted. The request is absent if the vendor's list is complete and shows no
 * possible job. In any other case it is parked.
 * @returns whether it is settled; false: check again a little later
 */
export async function settleInGap(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Due['ambiguous'][number],
): Promise<boolean> {
  const { submissions, gaps } = deps.ledger;
  const { submission, deadlineAt, why } = ambiguous;
  const park = async (doubt: string): Promise<boolean> =>
    await submissions.park(submission, `${why}, and ${doubt}`);
  if (!access.provider.listJobs) return await park('the vendor does not list its jobs');
  const { postMs, listLagMs } = access.timeouts;
  const settleMs = Math.max(settleFactor * postMs, listLagMs, clockSlackMs + apartMs);
  if (deps.now() < deadlineAt + settleMs || !jumpWatchOf(deps).isSteadyFor(settleMs)) return false;
  const listedForMs = elapsedSince(deps, deadlineAt + Math.max(postMs, listLagMs));
  const vendor = vendorOf(deps, access, listedForMs);
  const knownJobs = await submissions.knownJobs(submission);
  const sighting = await lookIn(deps, access, vendor, { ambiguous, knownJobs });
  if (typeof sighting === 'string') return await park(sighting);
  const { strangers, candidates, unreadable } = sighting;
  const doubt = doubtOf(sighting, knownJobs);
  if (doubt === undefined && strangers === 0 && ambiguous.gap !== null)
    await gaps.clear(ambiguous.gap, access.key);
  if (doubt === undefined && candidates.length === 0)
    if (await isNowhere(vendor, ambiguous, knownJobs))
      return await submissions.absent(submission, access.keyHash);
  const same = candidates.filter(({ fit }) => fit === 'same');
  if (same.length > 0 && unreadable === 0 && !(await submissions.hasLikeness(submission)))
    if ((await adoptOneOf(deps, access, ambiguous, same)) === 'adopted') return true;
  return await park(
    candidates.length > 0
      ? mayBeIt(candidates)
      : (doubt ?? 'a job with another time may be its job'),
  );
}

/** A list that cannot be read is read again while the vendor cannot be reached. */
async function lookIn(
  deps: ActivityDependencies,
  access: AccountAccess,
  vendor: ReturnType<typeof vendorOf>,
  {
    ambiguous,
    knownJobs,
  }: {
    readonly ambiguous: Due['ambiguous'][number];
    readonly knownJobs: readonly KnownJob[];
  },
): Promise<Sighting | string> {
  // After this time, every job on record shows whether the list can be trusted, for any model.
  const all = knownJobs.map((job) => ({ ...job, sameModel: true }));
  try {
    return (await lookAround(vendor, ambiguous, all)) ?? 'the vendor does not list its jobs';
  } catch (error) {
    return await unreadableList(deps, access, ambiguous.request, error);
  }
}

/** Reason why the list does not prove that the request was never sent; undefined: it proves it. */
function doubtOf(
  { overlooked, unreadable }: Sighting,
  knownJobs: readonly KnownJob[],
): string | undefined {
  if (knownJobs.length === 0) return 'no known job shows whether the list is complete';
  if (overlooked > 0)
    return `the vendor's list leaves out ${overlooked} of ${knownJobs.length} jobs that are known`;
  if (unreadable > 0)
    return `${unreadable} ${unreadable === 1 ? 'entry' : 'entries'} of the vendor's list cannot be read`;
  return undefined;
}
