import type { Limits, Timeouts } from '../../providers/port.ts';

/** Ended jobs of a model after which their durations are trusted, and how many are remembered. */
const trustedFrom = 20;
const rememberedMax = 200;
/** Of a rate that counts every request, polls leave the rest to claims, uploads and lists. */
const shareOfRate = 0.5;

/**
 * When to ask for a job: at first by doubling waits, then by how long jobs of its model took lately. Where
 * the vendor's rate counts polls, they are spread over the live jobs. Losing it costs a few polls.
 */
export class PollTimes {
  readonly #limits: Pick<Limits, 'perMinute' | 'counts'>;
  readonly #durations = new Map<string, number[]>();
  #live = 0;

  constructor(limits: Pick<Limits, 'perMinute' | 'counts'>) {
    this.#limits = limits;
  }

  /** Jobs of the account that are being polled, by whichever process. */
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

  /** Milliseconds until a job is asked for, `elapsedMs` after its start and after `polls` polls. */
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

  /** The shortest time between two polls of one job that the account's rate has room for. */
  get leastMs(): number {
    const { perMinute, counts } = this.#limits;
    if (counts === 'paid' || perMinute === undefined) return 0;
    return Math.ceil((Math.max(1, this.#live) * 60_000) / (perMinute * shareOfRate));
  }

  /**
   * Near the 10th percentile. A little before it: a job is known to have ended only when it is asked for,
   * so that asking at it would never find out that jobs have become shorter.
   */
  #earlyMs(model: string): number | undefined {
    const known = this.#durations.get(model);
    if (known === undefined || known.length < trustedFrom) return undefined;
    const sorted = known.toSorted((a, b) => a - b);
    return 0.9 * (sorted[Math.floor(sorted.length / 10)] ?? 0);
  }
}

/**
 * The same delay, give or take a half, so that it ends when those of other jobs do: on the multiples of the
 * advised interval, or of its halves, quarters, ... for shorter delays.
 */
export function togetherMs(delayMs: number, pollMs: number, now: number): number {
  const grid = pollMs * 2 ** Math.floor(Math.log2(delayMs / pollMs));
  const at = Math.floor((now + delayMs) / grid) * grid;
  return at - now < delayMs / 2 ? at + grid - now : at - now;
}
