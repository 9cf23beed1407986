const pauseMs = { first: 1_000, most: 60_000 };

/**
 * Open shots of a range that are not claimed for a while, since a reference of theirs was not to be had. Losing
 * this costs a try. By a clock that nobody sets.
 */
export class UnreadyShots {
  readonly #shots = new Map<string, { until: number; times: number }>();

  /** How many are open for this alone, or were tried once more just now. */
  get count(): number {
    return this.#shots.size;
  }

  /** Its pause grows each time. */
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

  /** Milliseconds until the first of them may be tried again; 0: one may now, or there is none. */
  waitMs(): number {
    const first = Math.min(...[...this.#shots.values()].map(({ until }) => until));
    return Number.isFinite(first) ? Math.max(0, first - performance.now()) : 0;
  }
}
