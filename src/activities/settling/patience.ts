import type { ShotRequest } from '../../batch/request.ts';
import { jobTimes } from '../claim-and-start.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

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
 * Why a list that could not be read leaves a request to a person: the vendor answers, and has said nothing
 * that can be read for long.
 * @throws the error itself while it is worth asking again
 */
export function unreadableList(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
  error: unknown,
): string {
  const { recentList } = access.pulse;
  const { account, message } = access.provider.classify(error);
  if (account.kind !== 'fine') recentList.forgetUnread();
  if (!recentList.isUnreadFor(patienceWith(deps, access, request))) throw error;
  return `the list of jobs cannot be read: ${message}`;
}
