/** Why no calls go to an account for a time. */
export type Failure = 'limited' | 'unreachable';

/** The first and the longest wait after each failure. */
export const floorOf = {
  limited: { firstMs: 1_000, mostMs: 60_000 },
  unreachable: { firstMs: 1_000, mostMs: 300_000 },
} as const satisfies Record<Failure, { firstMs: number; mostMs: number }>;

/** The minimum wait after a failure. It doubles with each failure until a call succeeds. */
export class Floor {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;
  #failedAt = -Infinity;
  #until = -Infinity;
  /** End of the longest wait that the vendor requested. */
  #askedUntil = -Infinity;
  /** The last call that was sent before the warning; undefined: none, or calls have failed since. */
  #warnedAfter: number | undefined;

  constructor({ firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number }) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** A call has failed since the last success. */
  get isRaised(): boolean {
    return this.#failures > 0;
  }

  waitMs(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /**
   * A call belongs to the last failure if it was sent before that failure, or fails during its wait.
   * @param askedMs the wait that the vendor requests; used if it is longer
   * @returns milliseconds to wait from now
   */
  failed(now: number, sentAt: number, askedMs = 0): number {
    const isWarned = this.#warnedAfter !== undefined;
    this.#warnedAfter = undefined;
    const isOfLast = sentAt <= this.#failedAt || now < this.#until;
    const isSame = this.isRaised && !isWarned && isOfLast;
    if (!isSame) {
      this.#failures += 1;
      this.#failedAt = now;
    }
    if (!isSame || now >= this.#until) this.#until = now + this.#floorMs;
    if (askedMs > 0) this.#askedUntil = Math.max(this.#askedUntil, now + askedMs);
    this.#until = Math.max(this.#until, this.#askedUntil);
    return Math.ceil(this.waitMs(now));
  }

  /**
   * A failure without a wait. The next one waits, and longer than a first.
   * @param lastCall number of the last call that was sent until now
   */
  warned(now: number, lastCall: number): void {
    this.#warnedAfter = lastCall;
    this.#failures = 1;
    this.#failedAt = now;
    this.#until = now;
  }

  /** Ends the wait, except one that the vendor requested. The next failure waits longer, as usual. */
  tryNow(): void {
    this.#until = this.#askedUntil;
  }

  /** Nothing has failed, or only calls that were on their way with this one, and without a wait. */
  isUnaware(call: number): boolean {
    return !this.isRaised || call <= (this.#warnedAfter ?? -1);
  }

  /** The success of a call sent before the last failure does not show that the failure is over. */
  succeeded(sentAt = Infinity): void {
    if (sentAt <= this.#failedAt) return;
    this.#warnedAfter = undefined;
    this.#failures = 0;
    this.#failedAt = -Infinity;
    this.#until = -Infinity;
    this.#askedUntil = -Infinity;
  }

  get #floorMs(): number {
    return Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(20, this.#failures - 1));
  }
}
