import { messageOf } from '../../errors.ts';
import { Backoff, type Refusal } from '../../http/backoff.ts';
import type { WaitClock } from '../../http/wait-clock.ts';
import type { Ledger } from '../../ledger/port.ts';
import { plainLine } from '../../plain-text.ts';
import type { Connection, Limits } from '../../providers/port.ts';
import { AccountThrottle } from './account-throttle.ts';
import { paceOf } from './pace.ts';

export interface PacingOptions {
  readonly ledger: Ledger;
  /** The ledger's key. */
  readonly account: string;
  readonly limits: Limits;
  /** The ledger's clock. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Ends all waits: the process stops. */
  readonly signal?: AbortSignal;
  readonly clock?: WaitClock;
}

/** Limits the pace of an account in this process, across all its connections, ranges and batches. */
export interface Throttle {
  readonly throttle: AccountThrottle;
  readonly backoff: Backoff;
  readonly pace: Connection['pace'];
}

/** Records a refusal or outage of any call before that call fails, so that the next claim respects it. */
export function pacingOf(options: PacingOptions): Throttle {
  const { ledger, account, limits, now, log, signal, clock } = options;
  const throttle = new AccountThrottle(limits, clock?.now);
  const block = async (
    model: string | null,
    ms: number,
    { failure, outage }: Refusal,
  ): Promise<void> => {
    try {
      const at = now();
      const cause = outage && { why: plainLine(outage.said, 300), since: at - outage.lastsMs };
      await ledger.submissions.block(account, model, failure, at + ms, cause);
    } catch (error) {
      log(`${account} could not be blocked: ${messageOf(error)}`);
    }
  };
  const onRefusal = async (refusal: Refusal): Promise<void> => {
    const { about, ms, accountMs } = refusal;
    // A refused poll says nothing of paid requests, unless the account is blocked for it.
    if (accountMs > 0 || about !== undefined) throttle.narrow();
    if (accountMs > 0) await block(null, accountMs, refusal);
    if (about !== undefined && ms > accountMs) await block(about, ms, refusal);
  };
  const backoff = new Backoff({ onRefusal, ...(clock && { clock }), ...(signal && { signal }) });
  return { throttle, backoff, pace: paceOf(ledger, account, limits, { clock, signal }) };
}
