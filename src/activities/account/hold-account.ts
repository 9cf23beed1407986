import type { Verdict } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

/** A person mends these; without one, a probe goes through this often. */
const probeEveryMs = 15 * 60_000;

/** Writes what an answer says about the account into the ledger, so that the next claim heeds it. */
export async function holdAccount(
  deps: ActivityDependencies,
  access: AccountAccess,
  account: Verdict['account'],
  model: string | null,
): Promise<void> {
  const hold = (
    reason: 'limited' | 'noFunds' | 'badKey' | 'forbidden' | 'unreachable' | 'breaker',
    forMs: number,
    only: string | null = null,
  ): Promise<void> => deps.ledger.submissions.hold(access.key, only, reason, deps.now() + forMs);
  switch (account.kind) {
    case 'fine':
      return;
    case 'limited':
      return await hold('limited', account.retryAfterMs ?? access.pulse.limited(deps.now()));
    case 'unreachable':
      return await hold('unreachable', access.pulse.unreachable(deps.now()));
    case 'forbidden':
      return await hold('forbidden', probeEveryMs, model);
    default:
      return await hold(account.kind, probeEveryMs);
  }
}
