import { randomUUID } from 'node:crypto';
import type { Account } from './accounts.ts';
import type { AcceptedRequest, Book, BookOutput, BookState, PaidKind } from './book.ts';
import { callOf } from './calls.ts';
import { iso } from './clock.ts';
import { canonical, chance, sha256 } from './digest.ts';
import type { Fault, Faults, Struck } from './faults.ts';
import type { SimulatorSettings } from './settings.ts';

export interface Order {
  vendor: string;
  account: Account;
  kind: PaidKind;
  request: unknown;
  cost: number;
  /** Duration of the work before jitter. */
  ms: number;
  /** Ids of the outputs on success. */
  outputs: string[];
  /** The request's path, to match faults. */
  path: string;
  /** For a training: the id of its model. */
  id?: string;
}

export interface Job {
  readonly id: string;
  readonly account: Account;
  readonly entry: AcceptedRequest;
  readonly createdAt: number;
  /** The lead of the vendor's clock when the job was made. The job's times include it. */
  readonly aheadMs: number;
  readonly runsAt: number;
  /** Infinity for a job that never ends. */
  readonly doneAt: number;
  readonly fails: boolean;
  readonly refunds: boolean;
  /** 1 for the account's first acceptance of this request, then 2, and so on. */
  readonly take: number;
  /** When the job first appears in lists. Infinity for never. */
  readonly listedAt: number;
  /** Until then the model of a training still appears as new. */
  readonly newUntil: number;
  /** The shown files: one too few, one too many, or all. */
  readonly shows: 'fewer' | 'more' | 'all';
}

/** Accepted work. A job's fate is decided on acceptance and becomes visible with time. */
export class Jobs {
  readonly #settings: SimulatorSettings;
  readonly #book: Book;
  readonly #faults: Faults;
  readonly #all = new Map<string, Job>();
  readonly #open = new Set<Job>();
  /** Failed, and not yet refunded. */
  readonly #owed = new Set<Job>();
  readonly #times = new Map<string, number>();

  constructor(settings: SimulatorSettings, book: Book, faults: Faults) {
    this.#settings = settings;
    this.#book = book;
    this.#faults = faults;
    book.beforeReading(() => this.settle());
  }

  /** Charges the account and writes the book. From here on the request counts as accepted. */
  accept(order: Order): Job {
    const { vendor, account, kind, request, cost } = order;
    const { clock, seed, jitter, failRate, refundFailed } = this.#settings;
    const id = order.id ?? randomUUID();
    const number = this.#all.size;
    const requestSha = sha256(canonical(request));
    const times = [vendor, account.id, kind, requestSha].join(' ');
    const take = (this.#times.get(times) ?? 0) + 1;
    this.#times.set(times, take);
    const method = kind === 'train' ? 'GET' : 'POST';
    const call = callOf(method, order.path);
    const asked = { method, path: order.path, call };
    const faults = this.#faults.draw('job', asked, (fault) => applies(fault, kind));
    const find = (wanted: Fault['kind']): Fault | undefined =>
      faults.find((fault) => fault.kind === wanted);
    const now = clock.now();
    const ms = order.ms * (1 + jitter * (2 * chance(seed, 'latency', number) - 1));
    const failure = find('job-fails');
    const job: Job = {
      id,
      account,
      take,
      createdAt: now,
      aheadMs: this.#settings.clockAheadMs,
      runsAt: now + ms * 0.2,
      doneAt: find('job-endless') === undefined ? now + ms : Infinity,
      fails:
        failure !== undefined || (kind !== 'train' && chance(seed, 'fails', number) < failRate),
      refunds: failure?.refunded ?? refundFailed,
      listedAt: find('list-omits') === undefined ? now + lag(find('list-lags')) : Infinity,
      newUntil: now + lag(find('training-shows-late')),
      shows: find('fewer-files') ? 'fewer' : find('more-files') ? 'more' : 'all',
      entry: {
        vendor,
        account: account.id,
        kind,
        id,
        at: iso(now),
        request,
        requestSha,
        cost,
        state: 'queued',
        refunded: false,
        outputs: order.outputs.map(newOutput),
        reply: 'answered',
        by: this.#book.sender(),
        arrivedAt: iso(now),
        closedAt: null,
      },
    };
    account.spent += cost;
    this.#all.set(id, job);
    this.#open.add(job);
    this.#book.accept(job.entry);
    return job;
  }

  /** The caller's own job by its id. */
  get(account: Account, id: string): Job | undefined {
    const job = this.#all.get(id);
    return job?.account === account ? job : undefined;
  }

  /** A job of any account. */
  byId(id: string): Job | undefined {
    return this.#all.get(id);
  }

  /**
   * The caller's jobs in lists now, newest first. `firstPage`: the request for the first page; a
   * shrunk list answers it with its older half.
   */
  listed(account: Account, firstPage?: Struck): Job[] {
    const now = this.#settings.clock.now();
    const shown = [...this.#all.values()]
      .filter((job) => job.account === account && job.listedAt <= now)
      .toReversed();
    const isShort = firstPage !== undefined && this.#faults.draw('list', firstPage).length > 0;
    return isShort ? shown.slice(Math.ceil(shown.length / 2)) : shown;
  }

  state(job: Job): BookState {
    const now = this.#settings.clock.now();
    if (now >= job.doneAt) {
      this.#end(job, now);
      return job.fails ? 'failed' : 'success';
    }
    job.entry.state = now >= job.runsAt ? 'running' : 'queued';
    return job.entry.state;
  }

  /** Ends due jobs. Refunds are paid even when no client polls the job. */
  settle(): void {
    for (const job of this.#open) this.state(job);
    for (const job of this.#owed) this.state(job);
  }

  #end(job: Job, now: number): void {
    const ended = this.#open.delete(job);
    if (ended) job.entry.state = job.fails ? 'failed' : 'success';
    if (ended && job.fails && job.refunds) this.#owed.add(job);
    const paysBack = now >= job.doneAt + this.#settings.refundLagMs && this.#owed.delete(job);
    if (paysBack) {
      job.account.spent -= job.entry.cost;
      job.entry.refunded = true;
    }
    if (ended || paysBack) this.#book.finished(job.entry);
  }
}

/** A training is in no list of jobs and has no files. Only a training has a model to show. */
function applies({ kind }: Fault, work: PaidKind): boolean {
  if (kind === 'job-fails' || kind === 'job-endless') return true;
  return (kind === 'training-shows-late') === (work === 'train');
}

function newOutput(id: string): BookOutput {
  return { id, sha256: null, damaged: false, withheld: false };
}

function lag(fault: Fault | undefined): number {
  return fault === undefined ? 0 : (fault.ms ?? 5_000);
}
