/** Smaller steps of the wall clock are ordinary corrections, such as NTP makes. */
const stepMs = 2_000;

/**
 * A clock that starts at the wall clock's time and never runs slower than time itself: setting the wall clock
 * back has no effect on it.
 */
export function neverBackwards(now: () => number): () => number {
  const wallAt = now();
  const steadyAt = performance.now();
  return () => Math.max(now(), wallAt + performance.now() - steadyAt);
}

/**
 * Notices that the wall clock has jumped ahead, since it was set or the machine slept. What should be over
 * by the wall clock may then be under way still. What the clock did before this watch began is not known: it
 * counts as a jump at that moment.
 */
export class JumpWatch {
  readonly #now: () => number;
  readonly #steady: () => number;
  /** By the wall clock, epoch milliseconds. */
  readonly beganAt: number;
  #aheadMs: number;
  #jumpedAt: number;
  readonly #jumps: { readonly at: number; readonly ms: number }[] = [];

  /** @param steady milliseconds of a clock that nobody sets */
  constructor(now: () => number, steady: () => number) {
    this.#now = now;
    this.#steady = steady;
    this.beganAt = now();
    this.#jumpedAt = steady();
    this.#aheadMs = this.beganAt - this.#jumpedAt;
  }

  /** To be called often, so that a clock which is slowly kept right is not taken for one that jumped. */
  look(): void {
    const aheadMs = this.#now() - this.#steady();
    const jumpMs = aheadMs - this.#aheadMs;
    if (jumpMs > stepMs) {
      this.#jumpedAt = this.#steady();
      this.#jumps.push({ at: this.#now(), ms: jumpMs });
    }
    this.#aheadMs = aheadMs;
  }

  /** By how much in all it has jumped ahead since then, as far as this process has seen. */
  jumpedSince(time: number): number {
    this.look();
    return this.#jumps.reduce((sum, { at, ms }) => (at >= time ? sum + ms : sum), 0);
  }

  /** By how much it may have jumped ahead since then before this watch began: by all the time between, at most. */
  unseenSince(time: number): number {
    return Math.max(0, this.beganAt - time);
  }

  /** Whether so much time has really passed since the last jump, and since this watch began. */
  isSteadyFor(ms: number): boolean {
    this.look();
    return this.#steady() - this.#jumpedAt >= ms;
  }
}

const watches = new WeakMap<() => number, JumpWatch>();

/** One for all the work of a process that goes by these clocks. */
export function jumpWatchOf(clocks: { now: () => number; steadyNow: () => number }): JumpWatch {
  const { now, steadyNow } = clocks;
  const watch = watches.get(now) ?? new JumpWatch(now, steadyNow);
  watches.set(now, watch);
  return watch;
}

/** Milliseconds since then. Time that the wall clock leapt over does not count: a job or a model did not have it. */
export function elapsedSince(
  clocks: { now: () => number; steadyNow: () => number },
  time: number,
): number {
  return clocks.now() - jumpWatchOf(clocks).jumpedSince(time) - time;
}
