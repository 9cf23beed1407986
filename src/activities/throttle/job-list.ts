import { setTimeout as sleep } from 'node:timers/promises';
import { clockSlackMs } from '../../http/server-clock.ts';
import type { Provider } from '../../providers/port.ts';

/** Number of concurrent polls from which one list costs less than single calls. */
export const listFrom = 8;
const gatherMs = 100;
/** Listed jobs per poll beyond which the list's pages cost more than they save. */
const listedPerPollMax = 10;
const restMs = 60_000;

interface Waiting {
  readonly submittedAt: number;
  readonly pending: PromiseWithResolvers<ReadonlySet<string>>;
}

/**
 * One job list for all polls of an account that are due together, across the ranges of this
 * process. It shows only that a job is pending; the result comes from a check of the job itself.
 */
export class JobList {
  #waiting: Waiting[] = [];
  /** No lists until then: the last one was of no use. */
  #restUntil = -Infinity;

  /**
   * Whether the vendor's list, if worth a call now, shows the job as pending.
   * @throws as `listJobs`
   */
  async showsPending(
    provider: Provider,
    poll: { readonly jobId: string; readonly submittedAt: number },
    now: () => number,
  ): Promise<boolean> {
    if (!provider.listJobs || performance.now() < this.#restUntil) return false;
    const waiting: Waiting = {
      submittedAt: poll.submittedAt,
      pending: Promise.withResolvers<ReadonlySet<string>>(),
    };
    this.#waiting.push(waiting);
    if (this.#waiting.length === 1) void this.#ask(provider, now);
    return (await waiting.pending.promise).has(poll.jobId);
  }

  /** Serves all polls that gather meanwhile. Never rejects: passes its error to each of them. */
  async #ask(provider: Provider, now: () => number): Promise<void> {
    await sleep(gatherMs);
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const pending = waiting.length < listFrom ? none : await this.#list(provider, waiting, now());
      for (const each of waiting) each.pending.resolve(pending);
    } catch (error) {
      this.#restUntil = performance.now() + restMs;
      for (const each of waiting) each.pending.reject(error);
    }
  }

  async #list(
    provider: Provider,
    waiting: readonly Waiting[],
    now: number,
  ): Promise<ReadonlySet<string>> {
    const since = Math.min(...waiting.map(({ submittedAt }) => submittedAt));
    const listing = await provider.listJobs?.(since - clockSlackMs, now + clockSlackMs);
    // A job that the list omits is checked on its own, so an incomplete list does no harm.
    const listed = listing?.entries ?? [];
    const pending = listed.filter(({ state }) => state === 'pending').map(({ id }) => id);
    const tells = listed.some(({ state }) => state !== undefined);
    if (!tells || listed.length > waiting.length * listedPerPollMax)
      this.#restUntil = performance.now() + restMs;
    return new Set(pending);
  }
}

const none: ReadonlySet<string> = new Set();
