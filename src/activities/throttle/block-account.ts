import { messageOf } from '../../errors.ts';
import type { BlockReason, StopReason } from '../../ledger/port.ts';
import type { Verdict } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

/** Interval of probes for blocks that a person must fix. */
const probeEveryMs = 15 * 60_000;

/**
 * Records a block that only a person can fix, so that the next claim respects it. Refusals and
 * temporary outages are already recorded: see `pacingOf`.
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

/** Blocks the whole account, and returns the stop; undefined: it passes without a person. */
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

/** Never rejects: the result of the request must be recorded even if the block fails. */
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
