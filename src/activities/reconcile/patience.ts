import type { ShotRequest } from '../../batch/request.ts';
import { jobTimes } from '../claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { Verdict } from '../../providers/port.ts';

/** What says nothing of the list alone. */
const ofWholeVendor: ReadonlySet<Verdict['account']['kind']> = new Set([
  'limited',
  'unreachable',
  'badKey',
]);
/** The longest that a list is read again which may tell more, in time limits of a POST. */
const patienceFactor = 10;

/**
 * For how long a list of jobs is read again that could tell more, at the most; then a person is asked.
 * Milliseconds after the end of the request. @param jobMs when a job of its kind is given up
 */
export function settlePatienceMs(
  { postMs }: Pick<AccountAccess['timeouts'], 'postMs'>,
  jobMs: number,
): number {
  return Math.min(jobMs, patienceFactor * postMs);
}

/** The same for a request. */
export function patienceWith(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): number {
  return settlePatienceMs(access.timeouts, jobTimes(deps, access, request).giveUpInMs);
}

/**
 * Why a list that could not be read leaves a request to a person: it has come to nothing for long, and the
 * vendor answers other calls.
 * @throws the error itself while it is worth asking again
 */
export async function unreadableList(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
  error: unknown,
): Promise<string> {
  const { recentList } = access.throttle;
  const { account, message } = access.provider.classify(error);
  if (!recentList.isUnreadFor(patienceWith(deps, access, request))) throw error;
  if (ofWholeVendor.has(account.kind) && !recentList.isVendorThere) {
    // The list fails once more after the vendor was there: an outage may end between two calls.
    if (await isThere(access)) recentList.noteVendorThere();
    else recentList.forgetUnread();
    throw error;
  }
  return `the list of jobs cannot be read: ${message}`;
}

async function isThere({ provider }: AccountAccess): Promise<boolean> {
  const { key } = await provider.verify();
  return key === 'good' || key === 'ambiguous';
}
