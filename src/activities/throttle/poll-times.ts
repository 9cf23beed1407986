import type { Limits, Timeouts } from '../../providers/port.ts';

/** Number of ended jobs from which a model's durations are trusted, and number remembered. */
const trustedFrom = 20;
const rememberedMax = 200;
/** Share of polls in a rate that counts every request; the rest is for claims, uploads and lists. */
const shareOfRate = 0.5;

/**
 * Poll times: doubling waits at first, then the recent durations of the model's jobs. If the
 * vendor's rate counts polls, they are spread over the live jobs. Losing this state costs a few
 * polls.
 */
export class PollTimes {
  readonly #limits: Pick<Limits, 'perMinute' | 'counts'>;
  readonly #durations = new Map<string, number[]>();
  #live = 0;

  constructor(limits: Pick<Limits, 'perMinute' | 'counts'>) {
    this.#limits = limits;
  }

  /** Jobs of the account that any process polls. */
  set live(jobs: number) {
    this.#live = jobs;
  }

  get live(): number {
    return this.#live;
  }

  ended(model: string, durationMs: number): void {
    const known = this.#durations.get(model) ?? [];
    known.push(durationMs);
    if (known.length > rememberedMax) known.shift();
    this.#durations.set(model, known);
  }

  /** Milliseconds to the next poll, `elapsedMs` after the job's start and after `polls` polls. */
  delayMs(
    model: string,
    { elapsedMs, polls }: { elapsedMs: number; polls: number },
    timeouts: Pick<Timeouts, 'pollFirstMs' | 'pollMs'>,
  ): number {
    const { pollFirstMs, pollMs } = timeouts;
    const earlyMs = this.#earlyMs(model);
    const usual =
      earlyMs === undefined
        ? pollFirstMs * 2 ** Math.min(polls, 20)
        : elapsedMs < earlyMs
          ? Math.max(1, earlyMs - elapsedMs)
          : Math.max(pollFirstMs, elapsedMs - earlyMs);
    return Math.max(this.leastMs, Math.min(pollMs, usual));
  }

  /** Minimum time between two polls of one job at the account's rate; milliseconds. */
  get leastMs(): number {
    const { perMinute, counts } = this.#limits;
    if (counts === 'paid' || perMinute === undefined) return 0;
    return Math.ceil((Math.max(1, this.#live) * 60_000) / (perMinute * shareOfRate));
  }

  /**
   * 90 % of the 10th percentile of durations. A poll sees the end of a job only afterwards, so
   * polls at the percentile itself would never notice shorter jobs.
   */
  #earlyMs(model: string): number | undefined {
    const known = this.#durations.get(model);
    if (known === undefined || known.length < trustedFrom) return undefined;
    const sorted = known.toSorted((a, b) => a - b);
    return 0.9 * (sorted[Math.floor(sorted.length / 10)] ?? 0);
  }
}

/**
 * The delay, changed by at most half, so that it ends together with those of other jobs. It ends on
 * a multiple of the advised interval, or of its half, quarter, ... for shorter delays.
 */
export function togetherMs(delayMs: number, pollMs: number, now: number): number {
  const grid = pollMs * 2 ** Math.floor(Math.log2(delayMs / pollMs));
  const at = Math.floor((now + delayMs) / grid) * grid;
  return at - now < delayMs / 2 ? at + grid - now : at - now;
}
