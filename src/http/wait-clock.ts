import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a wait is measured. Tests drive it. */
export interface WaitClock {
  /** Whole milliseconds, by a clock that nobody sets. */
  now(): number;
  /** Resolves after so long, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const steadyClock: WaitClock = {
  now: () => Math.round(performance.now()),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};
