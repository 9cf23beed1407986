import { PaceError } from '../../http/errors.ts';
import { steadyClock, type WaitClock } from '../../http/wait-clock.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { Connection, Limits } from '../../providers/port.ts';

/** Maximum wait for a block inside a call. */
const patienceMs = 60_000;

interface PaceOptions {
  readonly clock?: WaitClock | undefined;
  /** Ends the wait: the process stops. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Awaited by a connection before each free request, if the account's rate counts those too: takes a
 * slot of the bucket that claims use.
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
