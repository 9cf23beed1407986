import type { Range, StopReason } from '../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { stakesText, strangeKey } from './reconcile/own-key.ts';
import { NoKeyError, OtherKeyError, OtherLedgerError } from './to-application-failure.ts';

/** The batch and run of an activity. */
export interface RunInput {
  readonly batch: string;
  readonly run: number;
  /** A worker refuses work that was planned in another ledger. */
  readonly ledgerId: string;
}

/** @throws OtherLedgerError */
export function checkLedger(deps: ActivityDependencies, input: RunInput): void {
  if (input.ledgerId !== deps.ledger.id) throw new OtherLedgerError(input.ledgerId, deps.ledger.id);
}

/**
 * The account, if this worker has its key and the key opens the same vendor account as before. To
 * another key, the vendor lists no earlier job: everything would seem never sent.
 * @throws NoKeyError, OtherKeyError
 */
export async function accessOf(
  deps: ActivityDependencies,
  account: string,
): Promise<AccountAccess> {
  const access = deps.accounts.get(account);
  if (!access) throw new NoKeyError(deps.lanes.get(account)?.name ?? account);
  if (await deps.ledger.keys.isOwn(account, access.keyHash)) return access;
  const stakes = await withHeartbeat(() => strangeKey(deps.ledger.keys, access));
  if (stakes) throw new OtherKeyError(access, stakesText(stakes));
  return access;
}

/**
 * The same; a strange key stops the lane until a person acts.
 * @throws NoKeyError
 */
export async function accessOrStop(
  deps: ActivityDependencies,
  account: string,
  at: Pick<Range, 'batch' | 'run' | 'lane'>,
): Promise<AccountAccess | { readonly stop: StopReason }> {
  try {
    return await accessOf(deps, account);
  } catch (error) {
    if (!(error instanceof OtherKeyError)) throw error;
    deps.log(error.message);
    const stop: StopReason = { kind: 'otherKey', account };
    await deps.ledger.batches.noteStop(at, stop);
    return { stop };
  }
}
