import { PaceError, seconds } from './errors.ts';
import { Floor, floorOf, type Failure } from './floor.ts';
import { steadyClock, type WaitClock } from './wait-clock.ts';

/** Concurrent free calls of one kind. The window starts small, so that few calls meet a refusing vendor. */
const windowFirst = 2;
const windowMax = 16;

class Kind {
  readonly limited = new Floor(floorOf.limited);
  readonly unreachable = new Floor(floorOf.unreachable);
  window = windowFirst;
  onTheirWay = 0;
  sentAt = -Infinity;

  get isRaised(): boolean {
    return this.limited.isRaised || this.unreachable.isRaised;
  }
}

interface Sent {
  readonly kind: Kind;
  readonly group: Floor;
  readonly about: string | undefined;
  readonly at: number;
  /** Calls are numbered in the order in which they are sent. */
  readonly call: number;
}

interface Waiting {
  readonly kind: Kind;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/** Maximum wait inside a call. A call that has to wait longer fails, and its caller retries later. */
const usualPatienceMs = { limited: 60_000, unreachable: 60_000 } as const;

interface Asked {
  readonly failure: Failure;
  /** The wait that the vendor requests; 0: none. */
  readonly askedMs: number;
  /** The failure in words, for people. */
  readonly said?: string;
  /** The failure may be a single gateway error. Two in a row make an outage. */
  readonly mayPass?: boolean;
}

/** The result of a request. `silent`: sent, but no answer came. */
export type Outcome = 'answered' | 'silent' | 'unsent' | Asked;

/** The waits that a refusal or an outage causes, in milliseconds from now. */
export interface Refusal {
  readonly failure: Failure;
  /** What the paid call concerns besides the account; undefined: a free call. */
  readonly about: string | undefined;
  /** Time without calls of this kind. */
  readonly ms: number;
  /** Time without claims at the account. */
  readonly accountMs: number;
  /** Of an outage: its last failure, and its duration so far. */
  readonly outage?: { readonly said: string; readonly lastsMs: number };
}

export interface BackoffOptions {
  readonly clock?: WaitClock;
  /** Maximum wait of a free call for its turn; default: a minute. */
  readonly patienceMs?: Readonly<Record<Failure, number>>;
  /** Ends every wait when the process stops. */
  readonly signal?: AbortSignal;
  /** Called before the refused call fails; must not throw. */
  readonly onRefusal?: (refusal: Refusal) => Promise<void>;
}

/** One request from its admission to its end. */
export interface Turn {
  /** @returns after a failure, how long to wait from now in milliseconds */
  end(outcome: Outcome): Promise<number | undefined>;
}

/**
 * Decides how long an account waits after refusals and outages, for paid and free calls. It is the only
 * place that decides this. A single refusal that requests a second at most causes no wait: the next call
 * of its kind shows whether the limit persists. After a second refusal, no free call is sent until the
 * wait is over. Then free calls go one at a time until one is answered. Each kind of call also has its
 * own floor: a kind that is refused repeatedly is sent less and less often, although other kinds succeed.
 * Paid calls wait at their claim, not here.
 */
export class Backoff {
  readonly #clock: WaitClock;
  readonly #patienceMs: Readonly<Record<Failure, number>>;
  readonly #signal: AbortSignal;
  readonly #onRefusal: NonNullable<BackoffOptions['onRefusal']>;
  readonly #kinds = new Map<string, Kind>();
  /** For the whole vendor: any answer ends it. */
  readonly #outage = new Floor(floorOf.unreachable);
  #lastOutage: { readonly since: number; readonly said: string } | undefined;
  readonly #freeLimited = new Floor(floorOf.limited);
  readonly #paidLimited = new Floor(floorOf.limited);
  #gatewaysInARow = 0;
  #refusalsInARow = 0;
  #lastCall = 0;
  /** Calls up to this number were sent before the last refusal was known. */
  #refusedAfter = 0;
  readonly #decided = new WeakMap<object, number>();
  #waiting: Waiting[] = [];
  #onTheirWay = 0;
  #alarm: AbortController | undefined;

  constructor({ clock, patienceMs, signal, onRefusal }: BackoffOptions = {}) {
    this.#clock = clock ?? steadyClock;
    this.#patienceMs = patienceMs ?? usualPatienceMs;
    this.#signal = signal ?? new AbortController().signal;
    this.#onRefusal = onRefusal ?? (() => Promise.resolve());
    this.#signal.addEventListener('abort', () => this.#pump(), { once: true });
  }

  /** A paid call starts at once: its claim has waited. @param about what a refusal concerns besides the account */
  paid(about: string): Turn {
    const kind = this.#kind(`paid ${about}`);
    const sent = this.#sent({ kind, group: this.#paidLimited, about });
    return { end: (outcome) => this.#end(outcome, sent) };
  }

  /** The turn of a free call: waits until the account and the kind allow it. @throws PaceError (the promise) */
  async free(name: string): Promise<Turn> {
    const kind = this.#kind(name);
    const { promise, resolve: admit, reject: refuse } = Promise.withResolvers<void>();
    this.#waiting.push({ kind, admit, refuse });
    this.#pump();
    await promise;
    const sent = this.#sent({ kind, group: this.#freeLimited, about: undefined });
    return {
      end: async (outcome) => {
        kind.onTheirWay -= 1;
        this.#onTheirWay -= 1;
        return await this.#end(outcome, sent);
      },
    };
  }

  /** Whether calls wait for the end of an outage. */
  get isWaiting(): boolean {
    return this.#outage.waitMs(this.#clock.now()) > 0;
  }

  /** A person asks to try again: ends the waits of an outage, except those that the vendor requested. */
  tryNow(): void {
    this.#outage.tryNow();
    for (const { unreachable } of this.#kinds.values()) unreachable.tryNow();
    this.#pump();
  }

  /** The wait of a free call that failed alone, before it is made again. */
  async pause(): Promise<void> {
    await this.#clock.sleep(floorOf.limited.firstMs, this.#signal);
  }

  /** Stores the wait that was decided for an error. */
  remember(error: unknown, waitMs: number): void {
    if (typeof error === 'object' && error !== null) this.#decided.set(error, waitMs);
  }

  /** The stored wait; undefined: the error is not from a call of this account. */
  decided(error: unknown): number | undefined {
    return typeof error === 'object' && error !== null ? this.#decided.get(error) : undefined;
  }

  #sent(call: Pick<Sent, 'kind' | 'group' | 'about'>): Sent {
    this.#lastCall += 1;
    return { ...call, at: this.#clock.now(), call: this.#lastCall };
  }

  #kind(name: string): Kind {
    const known = this.#kinds.get(name) ?? new Kind();
    this.#kinds.set(name, known);
    return known;
  }

  async #end(outcome: Outcome, sent: Sent): Promise<number | undefined> {
    const reported = this.#failureOf(outcome, sent);
    if (reported === undefined || this.#passes(reported, sent)) {
      this.#pump();
      if (reported?.failure === 'limited')
        await this.#onRefusal({ failure: 'limited', about: sent.about, ms: 0, accountMs: 0 });
      return reported && floorOf[reported.failure].firstMs;
    }
    const refusal = this.#failed(reported, sent);
    this.#pump();
    await this.#onRefusal(refusal);
    return Math.max(refusal.ms, refusal.accountMs);
  }

  /** The failure that an outcome means. An answer resets the floors. */
  #failureOf(outcome: Outcome, { kind, group, at }: Sent): Asked | undefined {
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'unsent') return undefined;
    if (outcome === 'silent') {
      // A probe without an answer does not show that the failure is over.
      const isProbe = this.#outage.isRaised || group.isRaised || kind.isRaised;
      return isProbe ? { failure: 'unreachable', askedMs: 0, mayPass: true } : undefined;
    }
    this.#gatewaysInARow = 0;
    this.#refusalsInARow = 0;
    kind.window = kind.isRaised ? windowFirst : Math.min(windowMax, kind.window + 1);
    for (const floor of [kind.limited, kind.unreachable, group, this.#outage]) floor.succeeded(at);
    return undefined;
  }

  /**
   * A single gateway error, or a single refusal of a second at most, causes no wait. Refusals of calls
   * that were on their way together are one.
   */
  #passes({ failure, mayPass, askedMs }: Asked, sent: Sent): boolean {
    if (failure === 'limited') {
      const { kind, group, about, call } = sent;
      const floors = about === undefined ? [kind.limited] : [kind.limited, group];
      const isFirst = [kind.limited, group].every((floor) => floor.isUnaware(call));
      if (askedMs > floorOf.limited.firstMs || kind.unreachable.isRaised || !isFirst) return false;
      for (const floor of floors)
        if (!floor.isRaised) floor.warned(this.#clock.now(), this.#lastCall);
      this.#refused(sent);
      return true;
    }
    if (!mayPass || askedMs > 0 || this.#outage.isRaised) return false;
    this.#gatewaysInARow += 1;
    return this.#gatewaysInARow < 2;
  }

  #failed({ failure, askedMs, said }: Asked, sent: Sent): Refusal {
    const { kind, group, about, at } = sent;
    for (const each of this.#kinds.values()) each.window = windowFirst;
    const now = this.#clock.now();
    const failed = (floor: Floor): number => floor.failed(now, at, askedMs);
    const ms = failed(kind[failure]);
    if (failure === 'unreachable') {
      const since = this.#outage.isRaised ? (this.#lastOutage?.since ?? at) : at;
      const last = { since, said: said ?? this.#lastOutage?.said ?? 'no answer' };
      this.#lastOutage = last;
      const outage = { said: last.said, lastsMs: now - since };
      return { failure, about, ms, accountMs: failed(this.#outage), outage };
    }
    // A single short refusal affects its own kind only; a longer wait, or a second in a row, the account.
    this.#refused(sent);
    const isOfAccount = this.#refusalsInARow > 1 || askedMs > floorOf.limited.firstMs;
    const freeMs = isOfAccount ? failed(this.#freeLimited) : 0;
    return { failure, about, ms, accountMs: about === undefined ? freeMs : failed(group) };
  }

  /** Counts a refusal, unless the call was on its way at the last one. */
  #refused({ call }: Sent): void {
    if (call <= this.#refusedAfter) return;
    this.#refusalsInARow += 1;
    this.#refusedAfter = this.#lastCall;
  }

  /** Admits the calls that may start now. The kinds take turns, so that a refused one delays no other. */
  #pump(): void {
    this.#alarm?.abort();
    const now = this.#clock.now();
    let nextMs = Infinity;
    const left: Waiting[] = [];
    for (const waiting of this.#waiting.toSorted((a, b) => a.kind.sentAt - b.kind.sentAt)) {
      const { kind, admit, refuse } = waiting;
      const limited = Math.max(this.#freeLimited.waitMs(now), kind.limited.waitMs(now));
      const unreachable = Math.max(this.#outage.waitMs(now), kind.unreachable.waitMs(now));
      const waitMs = Math.max(limited, unreachable);
      if (this.#signal.aborted) refuse(new PaceError(waitMs, 'this process is stopping'));
      else if (unreachable > this.#patienceMs.unreachable) refuse(this.#outageError(unreachable));
      else if (limited > this.#patienceMs.limited) refuse(new PaceError(limited));
      else if (waitMs > 0 || !this.#hasRoom(kind)) {
        left.push(waiting);
        if (waitMs > 0) nextMs = Math.min(nextMs, waitMs);
      } else {
        kind.onTheirWay += 1;
        kind.sentAt = now;
        this.#onTheirWay += 1;
        admit();
      }
    }
    this.#waiting = left;
    if (nextMs < Infinity) void this.#wakeIn(nextMs);
  }

  #outageError(waitMs: number): PaceError {
    const { since, said } = this.#lastOutage ?? { since: this.#clock.now(), said: 'no answer' };
    const lasts = seconds(this.#clock.now() - since);
    const why = `the vendor cannot be reached, for ${lasts} now (${said}); tried again in ${seconds(waitMs)}`;
    return new PaceError(waitMs, why, 'unreachable');
  }

  #hasRoom(kind: Kind): boolean {
    const isFailing = this.#outage.isRaised || this.#freeLimited.isRaised;
    if (isFailing && this.#onTheirWay > 0) return false;
    return kind.onTheirWay < (kind.isRaised ? 1 : kind.window);
  }

  async #wakeIn(ms: number): Promise<void> {
    const alarm = new AbortController();
    this.#alarm = alarm;
    await this.#clock.sleep(Math.ceil(ms), alarm.signal);
    if (!alarm.signal.aborted) this.#pump();
  }
}
