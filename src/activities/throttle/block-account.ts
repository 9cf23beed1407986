import { messageOf } from '../../errors.ts';
import type { BlockReason, StopReason } from '../../ledger/port.ts';
import type { Verdict } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

/** A person fixes these; without one, a probe goes through this often. */
const probeEveryMs = 15 * 60_000;

/**
 * Writes into the ledger what an answer says of the account that only a person fixes, so that the next claim
 * heeds it. Refusals and outages that end by themselves are there already: see `pacingOf`.
 */
export async function blockAccount(
  deps: ActivityDependencies,
  access: AccountAccess,
  { kind }: Verdict['account'],
  model: string | null,
): Promise<void> {
  if (kind === 'noFunds' || kind === 'badKey') await blockFor(deps, access, kind, probeEveryMs);
  if (kind === 'forbidden') await blockFor(deps, access, kind, probeEveryMs, model);
}

/** The same for the whole account, and what stops now; undefined: it passes without a person. */
export async function stopOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  account: Verdict['account'],
): Promise<StopReason | undefined> {
  await blockAccount(deps, access, account, null);
  const { kind } = account;
  const isForPerson = kind === 'badKey' || kind === 'noFunds' || kind === 'forbidden';
  return isForPerson ? { kind: 'block', block: kind, account: access.key } : undefined;
}

/** Never rejects: what a request has come to is recorded, whatever becomes of the block. */
export async function blockFor(
  { ledger, now, log }: Pick<ActivityDependencies, 'ledger' | 'now' | 'log'>,
  { key, name }: AccountAccess,
  reason: BlockReason,
  ms: number,
  model: string | null = null,
): Promise<void> {
  try {
    await ledger.submissions.block(key, model, reason, now() + ms);
  } catch (error) {
    log(`${name} could not be blocked: ${messageOf(error)}`);
  }
}
