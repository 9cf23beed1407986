import type { ClaimAnswer, Due, Grant, Range, Stopped } from '../ledger/port.ts';
import { claimAndStart, type SendLimit, startShot } from './claim-and-start.ts';
import { jumpWatchOf } from './clock.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { askAfterRefunds } from './late-refunds.ts';
import { pause } from './heartbeat.ts';
import { isLastingStop } from './lasting-stop.ts';
import { pollJob } from './poll-job.ts';
import { saveOutput } from './outputs/save-output.ts';
import { tryOnceResumed } from './throttle/availability.ts';
import { settle, settleTimes } from './reconcile/settle.ts';
import { UnreadyShots } from './unready-shots.ts';
import { concernsAll } from './to-application-failure.ts';
import { messageOf } from '../errors.ts';

export type RunShotsResult = {
  /** Files saved during this attempt; steps that read them may continue. */
  readonly saved: number;
} & (
  | { readonly kind: 'done' }
  | { readonly kind: 'again' }
  | { readonly kind: 'wait'; readonly ms: number }
  | Stopped
);

/** The activity itself waits up to this long. */
const insideWaitMs = 60_000;
/**
 * Ledger lease of a poll or download: the time in which a dead worker is noticed, so that another
 * takes over soon. Work that outlives its lease does not start twice here: `#active` prevents it.
 */
const pollLeaseMs = 20_000;
/** Maximum concurrent polls of one range, and maximum concurrent downloads. */
const tasksMax = 32;
const askAgainMs = 1_000;
/** During an outage: how often the runner looks whether a person has resumed. */
const resumedMs = 5_000;
/** Interval between refund checks of a running range. */
const refundsEveryMs = 5_000;
/** A drained range lets the next one start after this time. */
const drainedAfterMs = 2_000;
/** Retry delays for a ledger or vendor failure that concerns one row only. */
const failureMs = { first: 5_000, most: 60_000 };

/**
 * Runs one range of shots: settle, download, poll, claim, POST, each as soon as it is due, and
 * concurrently. All lasting state is in the ledger: after a crash at any point, the next attempt
 * continues from there. Its own waits use the monotonic clock.
 */
export class RangeRunner {
  readonly #deps: ActivityDependencies;
  readonly #access: AccountAccess;
  readonly #range: Range;
  readonly #active = new Map<string, Promise<void>>();
  /** Tasks that failed or could not be settled yet, with the time of the next try and the failure count. */
  readonly #resting = new Map<string, { until: number; failures: number }>();
  /** Submissions handed out to this runner, orphans included. It keeps them until they end. */
  readonly #taken = new Set<string>();
  readonly #unready = new UnreadyShots();
  #wake = new AbortController();
  #failure: { error: unknown } | undefined;
  #saved = 0;
  #refundsAt = -Infinity;
  #grantedAt: number | undefined;
  /** Time since which nothing is left to claim; `reported`: the next range may start. */
  #drained: { readonly since: number; reported: boolean } | undefined;

  constructor(deps: ActivityDependencies, access: AccountAccess, range: Range) {
    this.#deps = deps;
    this.#access = access;
    this.#range = range;
  }

  /** Time of the last claim with a grant, by the ledger's clock. */
  get grantedAt(): number | undefined {
    return this.#grantedAt;
  }

  /** @param options `leaseMs`: when to return; `reportAfterMs`: earlier return once a file was saved */
  async run(options: {
    cancelled: AbortSignal;
    leaseMs: number;
    reportAfterMs: number;
    report: (phase: string) => void;
    /** Nothing is left to claim, and work is still under way: the next range may start. */
    drained: () => void;
  }): Promise<RunShotsResult> {
    const startedAt = performance.now();
    let claimAt = -Infinity;
    let claimed: ClaimAnswer | undefined;
    while (!options.cancelled.aborted) {
      if (this.#failure) break;
      const age = performance.now() - startedAt;
      if (age > options.leaseMs || (this.#saved > 0 && age > options.reportAfterMs)) break;
      this.#wake = new AbortController();
      if (await tryOnceResumed(this.#deps, this.#access, this.#range)) this.#resting.clear();
      const due = await this.#due();
      this.#launch(due);
      this.#askAfterRefunds();
      if (this.#mayClaim(due, claimAt)) {
        claimed = await this.#claim();
        claimAt = performance.now() + this.#waitAfter(claimed);
      }
      options.report(this.#phase(claimed ?? due));
      this.#noteDrained(due, options.drained);
      const end = this.#ending(claimed, due, claimAt);
      if (end) return end;
      await pause(this.#restMs(due, claimed, claimAt), this.#either(options.cancelled));
    }
    await this.#finish(options.cancelled);
    return { kind: 'again', saved: this.#saved };
  }

  async #due(): Promise<Due> {
    jumpWatchOf(this.#deps).look();
    const due = await this.#deps.ledger.submissions.due(this.#range, {
      leaseMs: pollLeaseMs,
      // Each poll is leased, so request no more than can start at once.
      limit: Math.max(0, tasksMax - this.#count('poll')),
      // Polls never displace downloads: a link may end, and its file is paid for.
      downloads: Math.max(0, tasksMax - this.#count('file')),
      ...settleTimes(this.#access),
      taken: [...this.#taken],
    });
    for (const { submission } of [...due.polls, ...due.downloads]) this.#taken.add(submission);
    this.#access.throttle.polls.live = due.live;
    return due;
  }

  /** Starts due work that is not under way yet. */
  #launch(due: Due): void {
    const deps = this.#deps;
    const access = this.#access;
    for (const output of due.downloads)
      this.#start(`file ${output.submission} ${output.index}`, async () => {
        if (await saveOutput(deps, access, output)) this.#saved++;
      });
    for (const poll of due.polls)
      if (poll.operation === 'generate')
        this.#start(`poll ${poll.submission}`, () => pollJob(deps, access, poll));
    for (const ambiguous of due.ambiguous) {
      const id = `settle ${ambiguous.submission}`;
      this.#start(id, () => this.#settle(id, ambiguous));
    }
  }

  #noteDrained(due: Due, report: () => void): void {
    const isOpen = due.open > this.#unready.count;
    // `due` does not include the latest grants yet.
    if (isOpen || this.#count('post') > 0) {
      this.#drained = this.#drained?.reported ? this.#drained : undefined;
      if (isOpen) return;
    }
    this.#drained ??= { since: performance.now(), reported: false };
    if (this.#drained.reported || performance.now() - this.#drained.since < drainedAfterMs) return;
    this.#drained.reported = true;
    report();
  }

  async #settle(id: string, ambiguous: Due['ambiguous'][number]): Promise<void> {
    let restMs = failureMs.first;
    const settled = await settle(this.#deps, this.#access, ambiguous).catch((error: unknown) => {
      const { account, message } = this.#access.provider.classify(error);
      this.#deps.log(message);
      if ('retryAfterMs' in account) restMs = Math.max(restMs, account.retryAfterMs);
      return false;
    });
    if (!settled) this.#rest(id, restMs);
  }

  /** No range stays open for this: the next runner checks again. */
  #askAfterRefunds(): void {
    if (performance.now() < this.#refundsAt) return;
    this.#refundsAt = performance.now() + refundsEveryMs;
    void askAfterRefunds(this.#deps, this.#access, { early: false }).catch((error: unknown) =>
      this.#deps.log(this.#access.provider.classify(error).message),
    );
  }

  /**
   * Downloads go first: due work starts before this check. While files wait so long that their
   * links may end, no new job is started.
   */
  #mayClaim(due: Due, claimAt: number): boolean {
    if (due.open === 0 || due.late || performance.now() < claimAt) return false;
    return this.#count('file') < tasksMax && this.#count('post') < this.#access.throttle.window;
  }

  async #claim(): Promise<ClaimAnswer> {
    const askedAt = this.#deps.now();
    const post = (grant: Grant, limit: SendLimit): void =>
      this.#start(`post ${grant.submission}`, () => this.#send(grant, limit));
    const except = this.#unready.resting();
    const claimed = await claimAndStart(this.#deps, this.#access, this.#range, post, except);
    if (claimed.granted.length > 0) this.#grantedAt = askedAt;
    return claimed;
  }

  async #send(grant: Grant, limit: SendLimit): Promise<void> {
    const end = await startShot(this.#deps, this.#access, grant, limit);
    if (end === 'unready') this.#unready.rest(grant.key);
    else this.#unready.forget(grant.key);
    // The shot's chunk may have ended: only a new planning pass assigns it another.
    if (end === 'late') await this.#deps.requestReplan(this.#range.batch);
  }

  /** Delay before the next claim. */
  #waitAfter({ next, granted, attached }: ClaimAnswer): number {
    if (next.kind === 'wait') return next.ms;
    if (next.kind === 'stopped') return askAgainMs;
    return granted.length + attached > 0 ? 0 : this.#unready.waitMs();
  }

  #start(id: string, work: () => Promise<void>): void {
    if (this.#active.has(id) || (this.#resting.get(id)?.until ?? 0) > performance.now()) return;
    const task = work()
      .then(
        () => this.#clear(id),
        (error: unknown) => this.#failed(id, error),
      )
      .finally(() => {
        this.#active.delete(id);
        this.#wake.abort();
      });
    this.#active.set(id, task);
  }

  /**
   * A full disk or a closed ledger ends the activity. Any other failure of one row must not stop
   * the rest.
   */
  #failed(id: string, error: unknown): void {
    if (concernsAll(error)) {
      this.#failure ??= { error };
      return;
    }
    const failures = (this.#resting.get(id)?.failures ?? 0) + 1;
    const ms = Math.min(failureMs.most, failureMs.first * 2 ** (failures - 1));
    this.#resting.set(id, { until: performance.now() + ms, failures });
    this.#deps.log(`${id}: ${messageOf(error)}; tried again in ${ms / 1_000} s`);
  }

  #rest(id: string, ms: number): void {
    this.#resting.set(id, { until: performance.now() + ms, failures: 0 });
  }

  /** Keeps a rest that the task itself has just set. */
  #clear(id: string): void {
    if ((this.#resting.get(id)?.until ?? 0) <= performance.now()) this.#resting.delete(id);
  }

  #ending(claimed: ClaimAnswer | undefined, due: Due, claimAt: number): RunShotsResult | undefined {
    if (this.#active.size > 0 || due.bound > 0) return undefined;
    if (due.open === 0) return { kind: 'done', saved: this.#saved };
    if (!claimed || claimed.granted.length > 0 || claimed.attached > 0) return undefined;
    // Finish orphaned paid work before stopping.
    if (due.nextInMs !== null) return undefined;
    const { next } = claimed;
    if (next.kind === 'stopped' && isLastingStop(next, insideWaitMs))
      return { ...next, saved: this.#saved };
    const ms = Math.ceil(claimAt - performance.now());
    if (next.kind === 'wait' && ms > insideWaitMs) return { kind: 'wait', ms, saved: this.#saved };
    return undefined;
  }

  #restMs(due: Due, claimed: ClaimAnswer | undefined, claimAt: number): number {
    const toClaim =
      due.open > 0 && !due.late && this.#count('post') < this.#access.throttle.window
        ? claimAt - performance.now()
        : insideWaitMs;
    // Due work that did not start is under way, or the limit is reached. The end of a task wakes
    // this loop.
    const toDue = due.nextInMs === null || due.nextInMs <= 0 ? askAgainMs : due.nextInMs;
    // `due` does not include the latest grants and attached shots yet.
    const isNew = (claimed?.granted.length ?? 0) + (claimed?.attached ?? 0) > 0;
    const most = this.#access.backoff.isWaiting ? resumedMs : insideWaitMs;
    return Math.max(5, Math.min(toClaim, toDue, isNew || due.late ? askAgainMs : most));
  }

  /** Always waits until POSTs end and are recorded. Other work may be interrupted without harm. */
  async #finish(cancelled: AbortSignal): Promise<void> {
    while (this.#active.size > 0) {
      const waitFor = [...this.#active].filter(
        ([id]) => !cancelled.aborted || id.startsWith('post'),
      );
      if (waitFor.length === 0) break;
      await Promise.race([...waitFor.map(([, task]) => task), pause(1_000, cancelled)]);
      if (cancelled.aborted) await Promise.all(waitFor.map(([, task]) => task));
    }
    if (this.#failure) throw this.#failure.error;
    cancelled.throwIfAborted();
  }

  #either(cancelled: AbortSignal): AbortSignal {
    return AbortSignal.any([cancelled, this.#wake.signal]);
  }

  #count(kind: 'post' | 'poll' | 'file' | 'settle'): number {
    let count = 0;
    for (const id of this.#active.keys()) if (id.startsWith(kind)) count++;
    return count;
  }

  #phase(left: { open: number; bound: number }): string {
    const doing = (['post', 'poll', 'file', 'settle'] as const)
      .map((kind) => [kind, this.#count(kind)] as const)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => `${count} ${kind}`);
    return [`${left.open} open`, `${left.bound} under way`, ...doing].join(', ');
  }
}
