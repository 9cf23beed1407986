/**
 * A minute plus a second of slack. The vendor counts arrivals: a request sent 60 s after a delayed
 * one would arrive within the same minute and be refused.
 */
const windowMs = 61_000;

/**
 * The generic cell rate algorithm. One number per account, the theoretical arrival time, spaces paid
 * requests: no window of 60 seconds ever holds more than `perMinute` of them, bursts included.
 */
export interface RateAnswer {
  /** The new theoretical arrival time; unchanged when the request must wait. */
  readonly tat: number;
  /** Milliseconds until a request is allowed; 0: allowed now. */
  readonly waitMs: number;
}

export function takeRateSlot(tat: number, perMinute: number | null, now: number): RateAnswer {
  if (perMinute === null) return { tat, waitMs: 0 };
  const burst = burstOf(perMinute);
  const intervalMs = intervalMsOf(perMinute);
  // It is never further ahead, unless the clock was set back or the rate was raised.
  const furthest = now + burst * intervalMs;
  if (tat > furthest) return takeRateSlot(furthest, perMinute, now);
  const earliest = tat - (burst - 1) * intervalMs;
  if (now < earliest) return { tat, waitMs: Math.ceil(earliest - now) };
  return { tat: Math.max(tat, now) + intervalMs, waitMs: 0 };
}

/** A slightly longer interval makes up for a burst, so that burst and flow together stay in the limit. */
export function intervalMsOf(perMinute: number): number {
  return windowMs / (perMinute - (burstOf(perMinute) - 1));
}

/** The requests of one second, so that fast accounts are not claimed one by one. */
function burstOf(perMinute: number): number {
  return Math.max(1, Math.floor(perMinute / 60));
}
