import type { Limits } from '../providers/port.ts';
import { JobList } from './job-list.ts';
import { PollTimes } from './poll-times.ts';

const windowMin = 4;
const windowMax = 32;
const holdFirstMs = 5_000;

/**
 * How an account has answered this process lately: the number of POSTs worth having on their way, and how
 * long to hold back after trouble. Nothing here guards money; losing it costs a few seconds.
 */
export class AccountPulse {
  readonly polls: PollTimes;
  readonly jobList = new JobList();
  readonly #perMinute: number | undefined;
  #postMs: number;
  #unlimitedWindow: number;
  #limited: number;
  #unreachable: number;
  #ambiguous: number;

  constructor(limits: Pick<Limits, 'perMinute' | 'counts'>) {
    this.polls = new PollTimes(limits);
    this.#perMinute = limits.perMinute;
    this.#postMs = 1_000;
    this.#unlimitedWindow = windowMin;
    this.#limited = 0;
    this.#unreachable = 0;
    this.#ambiguous = 0;
  }

  /** POSTs at once: rate times their usual time; small at first, so that a crash leaves few unclear. */
  get window(): number {
    if (this.#perMinute === undefined) return this.#unlimitedWindow;
    const needed = Math.ceil((this.#perMinute / 60_000) * this.#postMs * 1.5);
    return Math.min(windowMax, Math.max(windowMin, needed));
  }

  answered(postMs: number): void {
    this.#postMs = this.#postMs * 0.8 + postMs * 0.2;
    this.#unlimitedWindow = Math.min(windowMax, this.#unlimitedWindow + 1);
    this.#limited = 0;
    this.#unreachable = 0;
    this.#ambiguous = 0;
  }

  /** Milliseconds to hold after a 429 that names no time: 5 s, growing to 60 s. */
  limited(): number {
    this.#unlimitedWindow = Math.max(windowMin, Math.floor(this.#unlimitedWindow / 2));
    return growing(this.#limited++, 60_000);
  }

  /** Milliseconds to hold while the vendor cannot be reached: 5 s, growing to 5 min. */
  unreachable(): number {
    return growing(this.#unreachable++, 300_000);
  }

  /** After the third unclear answer in a row, milliseconds to hold before the next probe. */
  ambiguous(): number | undefined {
    this.#ambiguous++;
    return this.#ambiguous < 3 ? undefined : growing(this.#ambiguous - 3, 300_000);
  }
}

function growing(times: number, mostMs: number): number {
  return Math.min(mostMs, holdFirstMs * 2 ** Math.min(times, 10));
}
