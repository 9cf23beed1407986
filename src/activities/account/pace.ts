import { setTimeout as sleep } from 'node:timers/promises';
import { PaceError } from '../../http/errors.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { Connection, Limits } from '../../providers/port.ts';

/** A hold that lasts longer is not waited for inside a call. */
const patienceMs = 60_000;

/**
 * What a connection awaits before each free request, where the account's rate counts those as well: a slot
 * of the same bucket that claims draw on.
 * @throws PaceError (the promise) when the account is held for long
 */
export function paceOf(ledger: Ledger, account: string, limits: Limits): Connection['pace'] {
  if (limits.counts === 'paid' || limits.perMinute === undefined) return undefined;
  return async () => {
    for (;;) {
      const waitMs = await ledger.claims.takeCallSlot(account);
      if (waitMs === 0) return;
      if (waitMs > patienceMs) throw new PaceError(waitMs);
      await sleep(waitMs);
    }
  };
}
