import type { ClaimAnswer } from '../../ledger/port.ts';
import type { RunInput } from '../own-work.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { blockAccount, blockFor } from './block-account.ts';

/** Inconclusive answers in a row after which the check is skipped: about a quarter of a minute. */
const ambiguousMax = 5;

type Run = Pick<RunInput, 'batch' | 'run'>;

/** By account and run: the check that is under way or has passed. */
const checks = new WeakMap<AccountAccess, Map<string, Promise<boolean>>>();

/**
 * Claims paid requests. The first claim of a run in this process waits for an answer of the
 * vendor's check call. A refused key or an unreachable vendor blocks the account, and the claim
 * returns that stop.
 * @param claim with true, it binds shots that are already paid for, and grants nothing
 */
export async function claimWhenAvailable(
  deps: ActivityDependencies,
  access: AccountAccess,
  run: Run,
  claim: (isCheck: boolean) => Promise<ClaimAnswer>,
): Promise<ClaimAnswer> {
  const known = checks.get(access)?.get(nameOf(run));
  if (known && (await known)) return await claim(false);
  const closed = await claim(true);
  if (closed.open === 0 || closed.next.kind === 'stopped') return closed;
  await seemsAvailable(deps, access, run);
  const answer = await claim(false);
  return { ...answer, attached: closed.attached + answer.attached };
}

/**
 * Ends the wait of an outage once the account's block in the ledger is gone: a person has resumed.
 * @returns whether a wait was ended
 */
export async function tryOnceResumed(
  { ledger }: Pick<ActivityDependencies, 'ledger'>,
  { key, backoff }: Pick<AccountAccess, 'key' | 'backoff'>,
  { batch, run }: Run,
): Promise<boolean> {
  if (!backoff.isWaiting) return false;
  if (await ledger.claims.closed({ batch, run, account: key })) return false;
  backoff.tryNow();
  return !backoff.isWaiting;
}

/**
 * Whether the check has passed in this process and run. Makes the check if needed; a failure blocks
 * the account. Concurrent callers share one call; the next caller repeats a failed one.
 */
export async function seemsAvailable(
  deps: ActivityDependencies,
  access: AccountAccess,
  run: Run,
): Promise<boolean> {
  await tryOnceResumed(deps, access, run);
  const known = checks.get(access) ?? new Map<string, Promise<boolean>>();
  checks.set(access, known);
  const name = nameOf(run);
  const underWay = known.get(name) ?? isAvailable(deps, access);
  known.set(name, underWay);
  const isGood = await underWay.catch(() => false);
  if (!isGood && known.get(name) === underWay) known.delete(name);
  return isGood;
}

async function isAvailable(deps: ActivityDependencies, access: AccountAccess): Promise<boolean> {
  const { key, message } = await access.provider.verify();
  const { times, ms } =
    key === 'good' ? access.throttle.available() : access.throttle.unavailable();
  // A gateway answers instead, or the check call no longer exists: paid requests will show.
  if (key === 'good' || (key === 'ambiguous' && times >= ambiguousMax)) return true;
  deps.log(`${access.name} is not available: ${message}`);
  if (key === 'refused') await blockAccount(deps, access, { kind: 'badKey' }, null);
  else await blockFor(deps, access, key === 'limited' ? key : 'unreachable', ms);
  return false;
}

function nameOf({ batch, run }: Run): string {
  return `${batch}#${run}`;
}
