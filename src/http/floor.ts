/** Why an account is not asked for a while. */
export type Failure = 'limited' | 'unreachable';

/** Where the waits after each begin, and how long they grow. */
export const floorOf = {
  limited: { firstMs: 1_000, mostMs: 60_000 },
  unreachable: { firstMs: 1_000, mostMs: 300_000 },
} as const satisfies Record<Failure, { firstMs: number; mostMs: number }>;

/** The shortest wait after a failure: it doubles from one to the next, until something succeeds. */
export class Floor {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;
  #failedAt = -Infinity;
  #until = -Infinity;

  constructor({ firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number }) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** Something has failed since the last success. */
  get isRaised(): boolean {
    return this.#failures > 0;
  }

  waitMs(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /**
   * What was sent before the last failure was known, or fails while its wait lasts, belongs to that failure.
   * @param askedMs what the vendor asks for; it counts where it is longer
   * @returns milliseconds to wait from now
   */
  failed(now: number, sentAt: number, askedMs = 0): number {
    const isSame = this.isRaised && (sentAt <= this.#failedAt || now < this.#until);
    if (!isSame) {
      this.#failures += 1;
      this.#failedAt = now;
    }
    if (!isSame || now >= this.#until) this.#until = now + this.#floorMs;
    this.#until = Math.max(this.#until, now + askedMs);
    return Math.ceil(this.waitMs(now));
  }

  /** A failure that is not waited for: only the next one is, and longer. */
  warned(now: number): void {
    this.#failures = 1;
    this.#failedAt = now;
    this.#until = now;
  }

  /** What was sent before the last failure was known has not shown that it is over. */
  succeeded(sentAt = Infinity): void {
    if (sentAt <= this.#failedAt) return;
    this.#failures = 0;
    this.#failedAt = -Infinity;
    this.#until = -Infinity;
  }

  get #floorMs(): number {
    return Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(20, this.#failures - 1));
  }
}
