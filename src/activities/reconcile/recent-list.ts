import type { JobDescription, JobRef, ListedJob, Listing, Provider } from '../../providers/port.ts';

/** So soon after it was asked for, a list is as good as a new one; of a time that is long over, for longer. */
const reuseMs = { ofLate: 2_000, ofLongAgo: 60_000 };
const minuteMs = 60_000;
const longAgoMs = 10 * minuteMs;
/** Descriptions of ended jobs that are kept, since they change no more. */
const describedMax = 5_000;

/** A list that comes to nothing is asked for again at least so often, however long that takes. */
const unreadTimesLeast = 3;
/** The longest pause between two failures of one series. */
const unreadApartMs = 2 * minuteMs;

interface Asked {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** By a clock that nobody sets. */
  readonly at: number;
  readonly jobs: Promise<Listing<ListedJob>>;
}

/** By a clock that nobody sets. */
interface Unread {
  readonly since: number;
  readonly last: number;
  readonly times: number;
  /** What else was asked of the vendor since was answered. */
  readonly isThere: boolean;
}

/**
 * One list of an account's jobs for all the requests whose fate is looked for at about the same time. Each
 * would else read the same pages by itself.
 */
export class RecentList {
  #asked: Asked | undefined;
  readonly #described = new Map<string, JobDescription>();
  #unread: Unread | undefined;

  /** The provider, whose list may be up to two seconds old, or a minute where it tells of long ago. */
  of(provider: Provider): Pick<Provider, 'listJobs' | 'describe'> {
    const { listJobs, describe } = provider;
    return {
      ...(describe && {
        describe: (job) => this.#describe((each) => describe.call(provider, each), job),
      }),
      ...(listJobs && {
        listJobs: (sinceMs, untilMs) =>
          this.#list((since, until) => listJobs.call(provider, since, until), sinceMs, untilMs),
      }),
    };
  }

  /** Whether the list has come to nothing for so long, each time it was asked for, that this will not change. */
  isUnreadFor(patienceMs: number): boolean {
    const { since = Infinity, times = 0 } = this.#unread ?? {};
    return times >= unreadTimesLeast && performance.now() - since >= patienceMs;
  }

  /** Whether the vendor has answered something else while its list came to nothing. */
  get isVendorThere(): boolean {
    return this.#unread?.isThere ?? false;
  }

  noteVendorThere(): void {
    if (this.#unread) this.#unread = { ...this.#unread, isThere: true };
  }

  /** The vendor could not be asked: that says nothing of its list. */
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
  ): Promise<Listing<ListedJob>> {
    const known = this.#asked;
    const reuse = untilMs < Date.now() - longAgoMs ? reuseMs.ofLongAgo : reuseMs.ofLate;
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

  /** To whole minutes, so that requests of about the same time share it. */
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
