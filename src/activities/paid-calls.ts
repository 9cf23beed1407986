/**
 * The paid requests of this process that are on their way, or answered and not written down yet. Whoever ends
 * the process waits for them before the ledger is closed.
 */
export class PaidCalls {
  /** When each ends at the latest, by a clock that nobody sets. */
  readonly #calls = new Map<symbol, number>();
  #idle: PromiseWithResolvers<void> | undefined;

  get count(): number {
    return this.#calls.size;
  }

  /** After so many milliseconds each has its answer, or none will come. */
  get longestMs(): number {
    const now = performance.now();
    return Math.max(0, ...[...this.#calls.values()].map((endsAt) => endsAt - now));
  }

  /** @param work from the first byte to the record of the answer */
  async during<Result>(timeoutMs: number, work: () => Promise<Result>): Promise<Result> {
    const id = Symbol('paid call');
    this.#calls.set(id, performance.now() + timeoutMs);
    try {
      return await work();
    } finally {
      this.#calls.delete(id);
      if (this.#calls.size === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }

  /** Resolves when there is none. */
  async idle(): Promise<void> {
    while (this.#calls.size > 0) {
      this.#idle ??= Promise.withResolvers<void>();
      await this.#idle.promise;
    }
  }
}
