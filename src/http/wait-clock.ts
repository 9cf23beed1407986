import { setTimeout as sleep } from 'node:timers/promises';

/** The clock for waits; injected in tests. */
export interface WaitClock {
  /** Whole milliseconds of a monotonic clock. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const steadyClock: WaitClock = {
  now: () => Math.round(performance.now()),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};
