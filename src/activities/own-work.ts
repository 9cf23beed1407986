import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { NoKeyError, OtherLedgerError } from './to-application-failure.ts';

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

/** @throws NoKeyError */
export function accessOf(deps: ActivityDependencies, account: string): AccountAccess {
  const access = deps.accounts.get(account);
  if (!access) throw new NoKeyError(deps.lanes.get(account)?.name ?? account);
  return access;
}
