import type { Due, KnownJob } from '../../ledger/port.ts';
import { clockSlackMs } from '../../http/server-clock.ts';
import { jumpWatchOf } from '../clock.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { adoptOneOf, mayBeIt } from './adopt-job.ts';
import { isNowhere, lookAround, type Sighting, vendorOf } from './candidates.ts';
import { unreadableList } from './patience.ts';

/** After the end of a gap, what was sent in it may be on its way and then not listed yet: in time limits of a POST. */
const settleFactor = 2;
/** And what is sent since must not be taken for it: it is this much later than what clocks may differ by. */
const apartMs = 5_000;

/**
 * Finds out whether a request was sent in a time that the ledger does not know, such as after the backup that
 * was restored. A job that tells what was asked for is its own; it is called absent where the vendor's list is
 * whole and shows nothing that may be it. Anything else is left to a person.
 * @returns whether it is settled; false asks to look again a little later
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
  const settleMs = Math.max(settleFactor * access.timeouts.postMs, clockSlackMs + apartMs);
  if (deps.now() < deadlineAt + settleMs || !jumpWatchOf(deps).isSteadyFor(settleMs)) return false;
  const knownJobs = await submissions.knownJobs(submission);
  const sighting = await lookIn(deps, access, ambiguous, knownJobs);
  if (typeof sighting === 'string') return await park(sighting);
  const { strangers, candidates, unreadable } = sighting;
  const doubt = doubtOf(sighting, knownJobs);
  if (doubt === undefined && strangers === 0 && ambiguous.gap !== null)
    await gaps.clear(ambiguous.gap, access.key);
  if (doubt === undefined && candidates.length === 0)
    if (await isNowhere(vendorOf(deps, access), ambiguous, knownJobs))
      return await submissions.absent(submission);
  const same = candidates.filter(({ fit }) => fit === 'same');
  if (same.length > 0 && unreadable === 0 && !(await submissions.hasLikeness(submission)))
    if ((await adoptOneOf(deps, access, ambiguous, same)) === 'adopted') return true;
  return await park(
    candidates.length > 0
      ? mayBeIt(candidates)
      : (doubt ?? 'a job that bears another time may be it'),
  );
}

/** A list that cannot be read is read again for as long as the vendor cannot be asked. */
async function lookIn(
  deps: ActivityDependencies,
  access: AccountAccess,
  ambiguous: Due['ambiguous'][number],
  knownJobs: readonly KnownJob[],
): Promise<Sighting | string> {
  // After so long, each job that is on record tells whether the list can be trusted, of whichever model.
  const all = knownJobs.map((job) => ({ ...job, sameModel: true }));
  try {
    return (
      (await lookAround(vendorOf(deps, access), ambiguous, all)) ??
      'the vendor does not list its jobs'
    );
  } catch (error) {
    return await unreadableList(deps, access, ambiguous.request, error);
  }
}

/** Why the list does not prove that a request was never sent; undefined: it does. */
function doubtOf(
  { overlooked, unreadable }: Sighting,
  knownJobs: readonly KnownJob[],
): string | undefined {
  if (knownJobs.length === 0) return 'no known job shows whether the vendor lists all';
  if (overlooked > 0)
    return `the vendor's list leaves out ${overlooked} of ${knownJobs.length} jobs that are known`;
  if (unreadable > 0)
    return `${unreadable} ${unreadable === 1 ? 'entry' : 'entries'} of the vendor's list cannot be read`;
  return undefined;
}
