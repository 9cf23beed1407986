import type { JobDescription, JobRef, ListedJob, Listing, Provider } from '../../providers/port.ts';

/** Longest reuse of a list: 10 s; 60 s for a time that is long over. */
const reuseMs = { ofLate: 10_000, ofLongAgo: 60_000 };
const minuteMs = 60_000;
const longAgoMs = 10 * minuteMs;
/** Maximum kept descriptions of ended jobs, which no longer change. */
const describedMax = 5_000;

/** Minimum number of failed reads before a list counts as unreadable, however long that takes. */
const unreadTimesLeast = 3;
/** Maximum pause between two failures of one series. */
const unreadApartMs = 2 * minuteMs;

interface Asked {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Monotonic clock. */
  readonly at: number;
  readonly jobs: Promise<Listing<ListedJob>>;
}

/** A series of failed reads, by the monotonic clock. */
interface Unread {
  readonly since: number;
  readonly last: number;
  readonly times: number;
  /** The vendor has answered another call since. */
  readonly isThere: boolean;
}

/**
 * One job list of an account, shared by all requests that are settled at about the same time.
 * Without it, each request would read the same pages itself.
 */
export class RecentList {
  #asked: Asked | undefined;
  readonly #described = new Map<string, JobDescription>();
  #unread: Unread | undefined;

  /**
   * The provider with a shared list.
   * @param settledForMs how long the request may have been looked up already: only a list read since
   * then can show its job
   */
  of(provider: Provider, settledForMs: number): Pick<Provider, 'listJobs' | 'describe'> {
    const { listJobs, describe } = provider;
    const oldestMs = Math.min(reuseMs.ofLate, settledForMs);
    return {
      ...(describe && {
        describe: (job) => this.#describe((each) => describe.call(provider, each), job),
      }),
      ...(listJobs && {
        listJobs: (sinceMs, untilMs) => {
          const ask: typeof listJobs = (since, until) => listJobs.call(provider, since, until);
          return this.#list(ask, sinceMs, untilMs, oldestMs);
        },
      }),
    };
  }

  /** Whether every read of the list has failed for so long that a retry is useless. */
  isUnreadFor(patienceMs: number): boolean {
    const { since = Infinity, times = 0 } = this.#unread ?? {};
    return times >= unreadTimesLeast && performance.now() - since >= patienceMs;
  }

  /** Whether the vendor has answered another call while its list failed. */
  get isVendorThere(): boolean {
    return this.#unread?.isThere ?? false;
  }

  noteVendorThere(): void {
    if (this.#unread) this.#unread = { ...this.#unread, isThere: true };
  }

  /**
   * Ends the series: the list was read, or the vendor could not be reached, which says nothing
   * about its list.
   */
  forgetUnread(): void {
    this.#unread = undefined;
  }

  #noteUnread(now: number): void {
    const before =
      this.#unread && now - this.#unread.last < unreadApartMs ? this.#unread : undefined;
    const { since = now, times = 0, isThere = false } = before ?? {};
    this.#unread = { since, last: now, times: times + 1, isThere };
  }

  async #describe(ask: NonNullable<Provider['describe']>, job: JobRef): Promise<JobDescription> {
    const key = JSON.stringify(job);
    const known = this.#described.get(key);
    if (known) return known;
    const reported = await ask(job);
    if (reported.ended && this.#described.size < describedMax) this.#described.set(key, reported);
    return reported;
  }

  async #list(
    ask: NonNullable<Provider['listJobs']>,
    sinceMs: number,
    untilMs: number,
    oldestMs: number,
  ): Promise<Listing<ListedJob>> {
    const known = this.#asked;
    const reuse = untilMs < Date.now() - longAgoMs ? reuseMs.ofLongAgo : oldestMs;
    const isCovered =
      known !== undefined &&
      performance.now() - known.at < reuse &&
      known.sinceMs <= sinceMs &&
      known.untilMs >= untilMs;
    const asked = isCovered ? known : this.#ask(ask, sinceMs, untilMs);
    const { entries, unreadable } = await asked.jobs;
    const isWanted = ({ createdAt }: ListedJob): boolean =>
      createdAt === null || (createdAt >= sinceMs && createdAt <= untilMs);
    return { entries: entries.filter(isWanted), unreadable };
  }

  /** Rounds to whole minutes, so that requests of about the same time share the list. */
  #ask(ask: NonNullable<Provider['listJobs']>, sinceMs: number, untilMs: number): Asked {
    const from = Math.floor(sinceMs / minuteMs) * minuteMs;
    const to = Math.ceil(untilMs / minuteMs) * minuteMs;
    const asked = { sinceMs: from, untilMs: to, at: performance.now(), jobs: ask(from, to) };
    this.#asked = asked;
    asked.jobs.then(
      () => this.forgetUnread(),
      () => {
        this.#noteUnread(performance.now());
        if (this.#asked === asked) this.#asked = undefined;
      },
    );
    return asked;
  }
}
