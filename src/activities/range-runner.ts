import type { ClaimAnswer, Due, Grant, Range, Stopped } from '../ledger/port.ts';
import { claimAndStart, type SendLimit, startShot } from './claim-and-start.ts';
import { jumpWatchOf } from './clock.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { askAfterRefunds } from './late-refunds.ts';
import { pause } from './heartbeat.ts';
import { isLastingStop } from './lasting-stop.ts';
import { pollJob } from './poll-job.ts';
import { saveOutput } from './outputs/save-output.ts';
import { settle, settleTimes } from './reconcile/settle.ts';
import { UnreadyShots } from './unready-shots.ts';
import { concernsAll } from './to-application-failure.ts';
import { messageOf } from '../errors.ts';

export type RunShotsResult = {
  /** Files saved during this attempt: steps that read them may go on. */
  readonly saved: number;
} & (
  | { readonly kind: 'done' }
  | { readonly kind: 'again' }
  | { readonly kind: 'wait'; readonly ms: number }
  | Stopped
);

/** Waits up to this long are held inside the activity. */
const insideWaitMs = 60_000;
/**
 * Lease of a poll or download in the ledger: as long as it takes to notice a dead worker, so that another
 * takes over soon. Work that outlives its lease is not begun twice here: `#active` holds it.
 */
const pollLeaseMs = 20_000;
/** Polls of one range at once, and downloads. */
const tasksMax = 32;
const askAgainMs = 1_000;
/** How often a running range looks for refunds to check. */
const refundsEveryMs = 5_000;
/** So long after its last claim a range that is still under way lets the next one start. */
const drainedAfterMs = 2_000;
/** What the ledger or a vendor does to one row concerns that row alone: it is tried again after this. */
const failureMs = { first: 5_000, most: 60_000 };

/**
 * Drives one range of shots: settle, download, poll, claim, POST, each as soon as it is due and all at
 * once. It keeps no state that matters: killed at any point, the next one goes on from the ledger. Its own
 * waits are by a clock that nobody sets.
 */
export class RangeRunner {
  readonly #deps: ActivityDependencies;
  readonly #access: AccountAccess;
  readonly #range: Range;
  readonly #active = new Map<string, Promise<void>>();
  /** Tasks that failed or could not be settled yet, when to try again, and how often they have failed. */
  readonly #resting = new Map<string, { until: number; failures: number }>();
  /** Submissions handed out here, orphans of other ranges included; they stay ours until they end. */
  readonly #taken = new Set<string>();
  readonly #unready = new UnreadyShots();
  #wake = new AbortController();
  #failure: { error: unknown } | undefined;
  #saved = 0;
  #refundsAt = -Infinity;
  #grantedAt: number | undefined;
  /** Since when nothing is left to claim; `told`: the next range has been let start. */
  #drained: { readonly since: number; reported: boolean } | undefined;

  constructor(deps: ActivityDependencies, access: AccountAccess, range: Range) {
    this.#deps = deps;
    this.#access = access;
    this.#range = range;
  }

  /** When a request was granted last, by the ledger's clock. */
  get grantedAt(): number | undefined {
    return this.#grantedAt;
  }

  /** @param lease when to hand back, sooner if something was saved that others wait for */
  async run(options: {
    cancelled: AbortSignal;
    leaseMs: number;
    reportAfterMs: number;
    report: (phase: string) => void;
    /** Nothing is left to claim, and what is under way takes longer: the next range may start. */
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
      // What is handed out here is leased, so no more than can be started at once.
      limit: Math.max(0, tasksMax - this.#count('poll')),
      // Polls never take a file's place: its link may end, and the money for it is spent.
      downloads: Math.max(0, tasksMax - this.#count('file')),
      ...settleTimes(this.#access),
      taken: [...this.#taken],
    });
    for (const { submission } of [...due.polls, ...due.downloads]) this.#taken.add(submission);
    this.#access.throttle.polls.live = due.live;
    return due;
  }

  /** Starts what is due and not under way. */
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
    // Of what was claimed just now `due` does not know yet.
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

  /** No range is kept open for this: whoever runs next asks again. */
  #askAfterRefunds(): void {
    if (performance.now() < this.#refundsAt) return;
    this.#refundsAt = performance.now() + refundsEveryMs;
    void askAfterRefunds(this.#deps, this.#access, { early: false }).catch((error: unknown) =>
      this.#deps.log(this.#access.provider.classify(error).message),
    );
  }

  /**
   * Downloads go first: what is due was begun before this is asked. While files wait so long that their
   * links may end, nothing more is made that would have to be fetched as well.
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
    // Its shot's chunk may have ended: only a new planning pass gives it another.
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

  /** A full disk or a closed ledger ends the activity; else one row in a hundred must not stop the others. */
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

  /** Unless it was put to rest by its own work just now. */
  #clear(id: string): void {
    if ((this.#resting.get(id)?.until ?? 0) <= performance.now()) this.#resting.delete(id);
  }

  #ending(claimed: ClaimAnswer | undefined, due: Due, claimAt: number): RunShotsResult | undefined {
    if (this.#active.size > 0 || due.bound > 0) return undefined;
    if (due.open === 0) return { kind: 'done', saved: this.#saved };
    if (!claimed || claimed.granted.length > 0 || claimed.attached > 0) return undefined;
    // What was paid for and has nobody else is followed to its end before anybody rests.
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
    // What is due now and was not started is under way or full: its end wakes us.
    const toDue = due.nextInMs === null || due.nextInMs <= 0 ? askAgainMs : due.nextInMs;
    // What was claimed or attached just now is not in `due` yet.
    const isNew = (claimed?.granted.length ?? 0) + (claimed?.attached ?? 0) > 0;
    return Math.max(5, Math.min(toClaim, toDue, isNew || due.late ? askAgainMs : insideWaitMs));
  }

  /** Lets POSTs end and be recorded, whatever happens; other work may be cut off without harm. */
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
