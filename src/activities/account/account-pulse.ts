import type { Limits } from '../../providers/port.ts';
import { JobList } from './job-list.ts';
import { LateFiles } from './late-files.ts';
import { PollTimes } from './poll-times.ts';
import { RecentList } from '../settling/recent-list.ts';
import { UploadTries } from '../uploads/upload-tries.ts';

const windowFirst = 4;
const windowMax = 32;
const holdFirstMs = 5_000;

/**
 * How an account has answered this process lately: the number of POSTs worth having on their way, and how
 * long to hold back after trouble. Nothing here guards money; losing it costs a few seconds.
 */
export class AccountPulse {
  readonly polls: PollTimes;
  readonly jobList = new JobList();
  readonly recentList = new RecentList();
  readonly uploadTries = new UploadTries();
  readonly lateFiles = new LateFiles();
  readonly #perMinute: number | undefined;
  #postMs: number;
  /** What its answers have earned so far. */
  #earned: number;
  readonly #limits = new Trouble(60_000);
  readonly #outages = new Trouble(300_000);
  readonly #doubts = new Trouble(300_000);
  #unclear: number;

  constructor(limits: Pick<Limits, 'perMinute' | 'counts'>) {
    this.polls = new PollTimes(limits);
    this.#perMinute = limits.perMinute;
    this.#postMs = 1_000;
    this.#earned = windowFirst;
    this.#unclear = 0;
  }

  /**
   * POSTs at once: as many as the rate needs in their usual time, but few at first, so that a crash leaves
   * few unclear, and one alone while the vendor is in doubt.
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

  answered(postMs: number): void {
    this.#postMs = this.#postMs * 0.8 + postMs * 0.2;
    this.#earned = this.#earned < windowFirst ? windowFirst : Math.min(windowMax, this.#earned + 1);
    this.#unclear = 0;
    for (const trouble of [this.#limits, this.#outages, this.#doubts]) trouble.end();
  }

  /** A file arrived: what failed before it is not the same outage as what fails after it. */
  uploaded(): void {
    this.#outages.end();
  }

  /** Milliseconds to hold after a 429 that names no time: 5 s, growing to 60 s. */
  limited(now: number): number {
    if (this.#earned > windowFirst)
      this.#earned = Math.max(windowFirst, Math.floor(this.#earned / 2));
    return this.#limits.holdMs(now);
  }

  /** Milliseconds to hold while the vendor cannot be reached: 5 s, growing to 5 min. */
  unreachable(now: number): number {
    return this.#outages.holdMs(now);
  }

  /** After the third unclear answer in a row, milliseconds to hold before the next probe, which goes alone. */
  ambiguous(now: number): number | undefined {
    this.#unclear++;
    if (this.#unclear < 3) return undefined;
    this.#earned = 1;
    return this.#doubts.holdMs(now);
  }
}

/** Holds that double from one to the next. Calls that fail while one lasts belong to the same trouble. */
class Trouble {
  readonly #mostMs: number;
  #holds = 0;
  #until = -Infinity;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  holdMs(now: number): number {
    // A clock that was set back must not lengthen a hold.
    if (now < this.#until && this.#until - now <= this.#mostMs) return this.#until - now;
    const ms = Math.min(this.#mostMs, holdFirstMs * 2 ** Math.min(this.#holds++, 10));
    this.#until = now + ms;
    return ms;
  }

  end(): void {
    this.#holds = 0;
    this.#until = -Infinity;
  }
}
