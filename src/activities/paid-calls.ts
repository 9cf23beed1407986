/**
 * Paid requests of this process that are on their way, or answered and not recorded yet. A shutdown
 * waits for them before it closes the ledger.
 */
export class PaidCalls {
  /** Latest end of each request, by the monotonic clock. */
  readonly #calls = new Map<symbol, number>();
  #idle: PromiseWithResolvers<void> | undefined;

  get count(): number {
    return this.#calls.size;
  }

  /** Milliseconds until every request has its answer or its timeout. */
  get longestMs(): number {
    const now = performance.now();
    return Math.max(0, ...[...this.#calls.values()].map((endsAt) => endsAt - now));
  }

  /** @param work covers the time from the first byte to the record of the answer */
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

  /** Resolves when no paid request is left. */
  async idle(): Promise<void> {
    while (this.#calls.size > 0) {
      this.#idle ??= Promise.withResolvers<void>();
      await this.#idle.promise;
    }
  }
}
