/** Smaller steps of the wall clock are ordinary corrections, such as those by NTP. */
const stepMs = 2_000;

/**
 * A clock that starts at the wall clock's time and never runs slower than real time. Setting the
 * wall clock back has no effect on it.
 */
export function neverBackwards(now: () => number): () => number {
  const wallAt = now();
  const steadyAt = performance.now();
  return () => Math.max(now(), wallAt + performance.now() - steadyAt);
}

/**
 * Detects forward jumps of the wall clock, after a clock change or a machine sleep. Work that is
 * over by the wall clock may then still be under way. Earlier jumps are unknown: the start of this
 * watch counts as a jump.
 */
export class JumpWatch {
  readonly #now: () => number;
  readonly #steady: () => number;
  /** Wall clock, epoch milliseconds. */
  readonly beganAt: number;
  #aheadMs: number;
  #jumpedAt: number;
  readonly #jumps: { readonly at: number; readonly ms: number }[] = [];

  /** @param steady monotonic clock, milliseconds */
  constructor(now: () => number, steady: () => number) {
    this.#now = now;
    this.#steady = steady;
    this.beganAt = now();
    this.#jumpedAt = steady();
    this.#aheadMs = this.beganAt - this.#jumpedAt;
  }

  /** Call this often, so that slow clock corrections do not count as a jump. */
  look(): void {
    const aheadMs = this.#now() - this.#steady();
    const jumpMs = aheadMs - this.#aheadMs;
    if (jumpMs > stepMs) {
      this.#jumpedAt = this.#steady();
      this.#jumps.push({ at: this.#now(), ms: jumpMs });
    }
    this.#aheadMs = aheadMs;
  }

  /** Total forward jump since `time`, as far as this process has seen; milliseconds. */
  jumpedSince(time: number): number {
    this.look();
    return this.#jumps.reduce((sum, { at, ms }) => (at >= time ? sum + ms : sum), 0);
  }

  /** Upper bound of the forward jump between `time` and the start of this watch; milliseconds. */
  unseenSince(time: number): number {
    return Math.max(0, this.beganAt - time);
  }

  /** Whether at least `ms` have really passed since the last jump and since the start of this watch. */
  isSteadyFor(ms: number): boolean {
    this.look();
    return this.#steady() - this.#jumpedAt >= ms;
  }
}

const watches = new WeakMap<() => number, JumpWatch>();

/** One watch per wall clock, shared by all work of the process. */
export function jumpWatchOf(clocks: { now: () => number; steadyNow: () => number }): JumpWatch {
  const { now, steadyNow } = clocks;
  const watch = watches.get(now) ?? new JumpWatch(now, steadyNow);
  watches.set(now, watch);
  return watch;
}

/**
 * Milliseconds since `time`. Forward jumps of the wall clock do not count: a job or a model did not
 * have that time.
 */
export function elapsedSince(
  clocks: { now: () => number; steadyNow: () => number },
  time: number,
): number {
  return clocks.now() - jumpWatchOf(clocks).jumpedSince(time) - time;
}
