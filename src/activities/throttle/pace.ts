import { PaceError } from '../../http/errors.ts';
import { steadyClock, type WaitClock } from '../../http/wait-clock.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { Connection, Limits } from '../../providers/port.ts';

/** A block that lasts longer is not waited for inside a call. */
const patienceMs = 60_000;

interface PaceOptions {
  readonly clock?: WaitClock | undefined;
  /** Ends the wait: the process stops. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a connection awaits before each free request, where the account's rate counts those as well: a slot
 * of the same bucket that claims draw on.
 * @throws PaceError (the promise) when the account is blocked for long, or the signal is aborted
 */
export function paceOf(
  ledger: Ledger,
  account: string,
  limits: Limits,
  options: PaceOptions = {},
): Connection['pace'] {
  if (limits.counts === 'paid' || limits.perMinute === undefined) return undefined;
  const { clock = steadyClock, signal = new AbortController().signal } = options;
  return async () => {
    for (;;) {
      const waitMs = await ledger.claims.takeCallSlot(account);
      if (waitMs === 0) return;
      if (signal.aborted) throw new PaceError(waitMs, 'this process is stopping');
      if (waitMs > patienceMs) throw new PaceError(waitMs);
      await clock.sleep(waitMs, signal);
    }
  };
}
