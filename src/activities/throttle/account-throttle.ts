import { Floor, floorOf } from '../../http/floor.ts';
import { steadyClock } from '../../http/wait-clock.ts';
import type { Limits } from '../../providers/port.ts';
import { JobList } from './job-list.ts';
import { LateFiles } from './late-files.ts';
import { PollTimes } from './poll-times.ts';
import { RecentList } from '../reconcile/recent-list.ts';
import { UploadTries } from '../uploads/upload-tries.ts';

/** So few at first that a vendor which refuses them all is met by no more, and a crash leaves few ambiguous. */
const windowFirst = 2;
const windowMax = 32;
/** Longer at first than after a refusal: the probe may be paid for. */
const doubt = { firstMs: 2_000, mostMs: 300_000 };

/**
 * How an account has answered this process lately: the number of POSTs worth having on their way, and how
 * long to hold back after what `Backoff` does not see. Nothing here guards money; losing it costs seconds.
 */
export class AccountThrottle {
  readonly polls: PollTimes;
  readonly jobList = new JobList();
  readonly recentList = new RecentList();
  readonly uploadTries = new UploadTries();
  readonly lateFiles = new LateFiles();
  readonly #perMinute: number | undefined;
  readonly #now: () => number;
  readonly #references = new Floor(floorOf.unreachable);
  readonly #checks = new Floor(floorOf.unreachable);
  readonly #doubts = new Floor(doubt);
  #postMs: number;
  /** What its answers have earned so far. */
  #earned: number;
  #ambiguous: number;
  #failedChecks = 0;
  /** Claims that may be granted, and POSTs that were. */
  #probes: number;

  /** @param now a clock that nobody sets, in milliseconds */
  constructor(limits: Pick<Limits, 'perMinute' | 'counts'>, now: () => number = steadyClock.now) {
    this.polls = new PollTimes(limits);
    this.#perMinute = limits.perMinute;
    this.#now = now;
    this.#postMs = 1_000;
    this.#earned = windowFirst;
    this.#ambiguous = 0;
    this.#probes = 0;
  }

  /**
   * POSTs at once: as many as the rate needs in their usual time, but few at first, and one alone while the
   * vendor refuses or is in doubt.
   */
  get window(): number {
    if (this.#perMinute === undefined) return this.#earned;
    const needed = Math.ceil((this.#perMinute / 60_000) * this.#postMs * 1.5);
    return Math.min(this.#earned, Math.max(windowFirst, needed));
  }

  /** How long a POST usually takes to be answered; milliseconds. */
  get postMs(): number {
    return this.#postMs;
  }

  /**
   * Before a claim. One probe goes alone over all ranges and batches of this process.
   * @returns the window for the claim, 0 while a probe is under way; `granted` takes its end
   */
  beginClaim(): { readonly window: number; granted(posts: number): void } {
    const { window } = this;
    if (window === 1 && this.#probes > 0) return { window: 0, granted: () => undefined };
    this.#probes += 1;
    return { window, granted: (posts) => void (this.#probes += posts - 1) };
  }

  /** A POST that was granted is over, whatever came of it. */
  posted(): void {
    this.#probes -= 1;
  }

  answered(postMs: number): void {
    this.#postMs = this.#postMs * 0.8 + postMs * 0.2;
    this.#earned = this.#earned < windowFirst ? windowFirst : Math.min(windowMax, this.#earned + 1);
    this.#ambiguous = 0;
    this.#references.succeeded();
    this.#doubts.succeeded();
  }

  /** A file arrived: what failed before it is not the same outage as what fails after it. */
  uploaded(): void {
    this.#references.succeeded();
  }

  /** The vendor refuses, or cannot be reached: one POST goes alone until an answer. */
  narrow(): void {
    this.#earned = 1;
  }

  /** Milliseconds to block while a request's references cannot be had: 1 s, growing to 5 min. */
  withoutReferences(): number {
    const now = this.#now();
    return this.#references.failed(now, now);
  }

  /** The vendor's check call has failed: how often in a row, and milliseconds to block, 1 s growing to 5 min. */
  unavailable(): { readonly times: number; readonly ms: number } {
    const now = this.#now();
    const ms = this.#checks.failed(now, now);
    return { times: ++this.#failedChecks, ms };
  }

  available(): { readonly times: 0; readonly ms: 0 } {
    this.#checks.succeeded();
    this.#failedChecks = 0;
    return { times: 0, ms: 0 };
  }

  /** After the third ambiguous answer in a row, milliseconds to block before the next probe, which goes alone. */
  ambiguous(): number | undefined {
    this.#ambiguous++;
    if (this.#ambiguous < 3) return undefined;
    this.#earned = 1;
    const now = this.#now();
    return this.#doubts.failed(now, now);
  }
}
