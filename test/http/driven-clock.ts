import { setImmediate as turn } from 'node:timers/promises';
import type { WaitClock } from '../../src/http/wait-clock.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Time that passes only when a test says so. */
export class DrivenClock implements WaitClock {
  #now = 0;
  #sleepers = new Set<Sleeper>();

  readonly now = (): number => this.#now;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        resolve();
      });
    });

  /** Milliseconds until the next one wakes; undefined: nobody sleeps. */
  get nextMs(): number | undefined {
    const times = [...this.#sleepers].map(({ until }) => until - this.#now);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times));
  }

  /** Lets so much time pass, with whatever happens in it. @param settled when all that was begun has been answered */
  async advance(ms: number, settled: () => Promise<void> = turn): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.nextMs;
      if (next === undefined || this.#now + next > end) break;
      this.#now += next;
      for (const sleeper of [...this.#sleepers])
        if (sleeper.until <= this.#now) {
          this.#sleepers.delete(sleeper);
          sleeper.wake();
        }
    }
    this.#now = end;
  }
}

/** Time that passes as soon as somebody waits for it. */
export class LeapingClock implements WaitClock {
  #now = 0;
  readonly waits: number[] = [];

  readonly now = (): number => this.#now;

  readonly sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    await turn();
    if (signal.aborted) return;
    this.waits.push(ms);
    this.#now += ms;
  };
}
