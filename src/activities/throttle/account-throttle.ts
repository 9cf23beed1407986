import { Floor, floorOf } from '../../http/floor.ts';
import { steadyClock } from '../../http/wait-clock.ts';
import type { Limits } from '../../providers/port.ts';
import { JobList } from './job-list.ts';
import { LateFiles } from './late-files.ts';
import { PollTimes } from './poll-times.ts';
import { RecentList } from '../reconcile/recent-list.ts';
import { UploadTries } from '../uploads/upload-tries.ts';

/** Few at first: a vendor that refuses all gets no more, and a crash leaves few ambiguous requests. */
const windowFirst = 2;
const windowMax = 32;
/** Longer at first than after a refusal, since the probe may be paid for. */
const doubt = { firstMs: 2_000, mostMs: 300_000 };

/**
 * Recent answers of an account to this process: the useful number of concurrent POSTs, and delays
 * for failures that `Backoff` does not see. Nothing here guards money; losing it costs seconds.
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
  /** Window that successful answers have earned so far. */
  #earned: number;
  #ambiguous: number;
  #failedChecks = 0;
  /** Claims in progress, plus granted POSTs that are not over. */
  #probes: number;

  /** @param now monotonic clock, milliseconds */
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
   * Maximum concurrent POSTs: as many as the rate needs at their usual duration. Few at first, and
   * only one while the vendor refuses or after repeated ambiguous answers.
   */
  get window(): number {
    if (this.#perMinute === undefined) return this.#earned;
    const needed = Math.ceil((this.#perMinute / 60_000) * this.#postMs * 1.5);
    return Math.min(this.#earned, Math.max(windowFirst, needed));
  }

  /** Usual duration of a POST, milliseconds. */
  get postMs(): number {
    return this.#postMs;
  }

  /**
   * Call before a claim. A probe runs alone across all ranges and batches of this process.
   * @returns the window for the claim, 0 while a probe is under way; call `granted` with the number
   * of POSTs
   */
  beginClaim(): { readonly window: number; granted(posts: number): void } {
    const { window } = this;
    if (window === 1 && this.#probes > 0) return { window: 0, granted: () => undefined };
    this.#probes += 1;
    return { window, granted: (posts) => void (this.#probes += posts - 1) };
  }

  /** A granted POST is over, with any result. */
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

  /** A file arrived: failures before and after it are not the same outage. */
  uploaded(): void {
    this.#references.succeeded();
  }

  /** The vendor refuses or is unreachable: only one POST at a time until an answer. */
  narrow(): void {
    this.#earned = 1;
  }

  /** Milliseconds to block while references are not available: 1 s, growing to 5 min. */
  withoutReferences(): number {
    const now = this.#now();
    return this.#references.failed(now, now);
  }

  /**
   * The vendor's check call has failed. Returns failures in a row, and milliseconds to block: 1 s,
   * growing to 5 min.
   */
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

  /**
   * From the third ambiguous answer in a row: milliseconds to block before the next probe, which
   * runs alone.
   */
  ambiguous(): number | undefined {
    this.#ambiguous++;
    if (this.#ambiguous < 3) return undefined;
    this.#earned = 1;
    const now = this.#now();
    return this.#doubts.failed(now, now);
  }
}
