import { setTimeout as sleep } from 'node:timers/promises';
import { clockSlackMs } from '../../http/server-clock.ts';
import type { Provider } from '../../providers/port.ts';

/** Polls that come together from which one list is worth more than a call for each. */
export const listFrom = 8;
const gatherMs = 100;
/** Listed jobs for each one that was asked for, beyond which the list's pages cost more than they save. */
const listedPerPollMax = 10;
const restMs = 60_000;

interface Waiting {
  readonly submittedAt: number;
  readonly pending: PromiseWithResolvers<ReadonlySet<string>>;
}

/**
 * One list of jobs for all the polls of an account that are due together, whichever ranges of this process
 * they belong to. It can only tell that a job is still pending: how one ended is asked of the job itself.
 */
export class JobList {
  #waiting: Waiting[] = [];
  /** No lists until then: the last one was of no use. */
  #restUntil = -Infinity;

  /** Whether the vendor's list, if it is worth asking for now, shows the job as pending. @throws as `listJobs` */
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

  /** For all that gather meanwhile; never rejects, but hands its error to each of them. */
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
    // A job that the list does not show is asked for itself, so a list with gaps does no harm.
    const listed = listing?.entries ?? [];
    const pending = listed.filter(({ state }) => state === 'pending').map(({ id }) => id);
    const tells = listed.some(({ state }) => state !== undefined);
    if (!tells || listed.length > waiting.length * listedPerPollMax)
      this.#restUntil = performance.now() + restMs;
    return new Set(pending);
  }
}

const none: ReadonlySet<string> = new Set();
