import type { ShotRequest } from '../../batch/request.ts';
import { jobTimes } from '../claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import type { Verdict } from '../../providers/port.ts';

/** Failures that concern the whole vendor, not only the list. */
const ofWholeVendor: ReadonlySet<Verdict['account']['kind']> = new Set([
  'limited',
  'unreachable',
  'badKey',
]);
/** Maximum time to read a list again that may still change, in time limits of a POST. */
const patienceFactor = 10;

/**
 * Maximum time to read a job list again that may still change; then the request is parked.
 * Milliseconds after the end of the request.
 * @param jobMs time limit of a job of its kind
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
 * Reason for parking a request whose list cannot be read: the list has failed for long, and the
 * vendor answers other calls.
 * @throws the error itself while another try is worthwhile
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
    // Require one more list failure after the vendor answered: an outage may end between two calls.
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
