import type { ClaimAnswer } from '../../ledger/port.ts';
import type { RunInput } from '../own-work.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { blockAccount, blockFor } from './block-account.ts';

/** Answers in a row that say nothing, after which it is gone on without the check: about a quarter of a minute. */
const ambiguousMax = 5;

type Run = Pick<RunInput, 'batch' | 'run'>;

/** By account and run: the check that is under way, or that has passed. */
const checks = new WeakMap<AccountAccess, Map<string, Promise<boolean>>>();

/**
 * Claims paid requests, in this process for the first time in a run only after the vendor's own check call was
 * answered. A key that is refused, or a vendor that is not there, blocks the account: the claim then says so.
 * @param claim given true, it binds what is paid for already and grants nothing
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
 * Whether the check has passed in this process and run; it is made where it has not, and blocks the account where it
 * fails. One call for all that come at once; one that fails is made again by whoever comes next.
 */
export async function seemsAvailable(
  deps: ActivityDependencies,
  access: AccountAccess,
  run: Run,
): Promise<boolean> {
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
  // Something stands before the vendor, or it has such a call no more: paid requests will tell.
  if (key === 'good' || (key === 'ambiguous' && times >= ambiguousMax)) return true;
  deps.log(`${access.name} is not available: ${message}`);
  if (key === 'refused') await blockAccount(deps, access, { kind: 'badKey' }, null);
  else await blockFor(deps, access, key === 'limited' ? key : 'unreachable', ms);
  return false;
}

function nameOf({ batch, run }: Run): string {
  return `${batch}#${run}`;
}
