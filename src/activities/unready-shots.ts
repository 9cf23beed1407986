const pauseMs = { first: 1_000, most: 60_000 };

/**
 * Open shots of a range that pause because a reference is not available yet. Losing this state
 * costs one try each. Uses the monotonic clock.
 */
export class UnreadyShots {
  readonly #shots = new Map<string, { until: number; times: number }>();

  /** Number of shots that are open only for this, or were just tried once more. */
  get count(): number {
    return this.#shots.size;
  }

  /** The pause doubles each time, up to one minute. */
  rest(key: string): void {
    const times = (this.#shots.get(key)?.times ?? 0) + 1;
    const ms = Math.min(pauseMs.most, pauseMs.first * 2 ** (times - 1));
    this.#shots.set(key, { until: performance.now() + ms, times });
  }

  forget(key: string): void {
    this.#shots.delete(key);
  }

  resting(): readonly string[] {
    const now = performance.now();
    return [...this.#shots].filter(([, { until }]) => until > now).map(([key]) => key);
  }

  /** Milliseconds until the first shot may be tried again; 0: one is ready now, or there is none. */
  waitMs(): number {
    const first = Math.min(...[...this.#shots.values()].map(({ until }) => until));
    return Number.isFinite(first) ? Math.max(0, first - performance.now()) : 0;
  }
}
