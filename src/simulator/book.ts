import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';

export type PaidKind = 'generate' | 'upscale' | 'video' | 'train';
export type BookState = 'queued' | 'running' | 'success' | 'failed';
/**
 * The outcome of the reply to an accepted request. `gone`: the client had closed the connection.
 * `withheld`: a gateway had sent the request twice and returned the other answer.
 */
type Reply = 'answered' | 'reset' | 'unanswered' | 'error' | 'garbled' | 'gone' | 'withheld';
/** The sender: the client, or a gateway that repeated the client's request. */
type Sender = 'client' | 'gateway';

export interface BookOutput {
  id: string;
  /** Hash of the bytes, from the first time they were served. */
  sha256: string | null;
  /** Whether the file was served only damaged so far. */
  damaged: boolean;
  /** Whether any answer for the finished job left this file out. */
  withheld: boolean;
}

/** One paid request that the simulator accepted and charged. */
export interface AcceptedRequest {
  vendor: string;
  /** Hash of the paying key. */
  account: string;
  kind: PaidKind;
  /** The job's id, or the model's for a training. */
  id: string;
  at: string;
  request: unknown;
  /** Hash of the canonical request: equal requests have equal hashes. */
  requestSha: string;
  cost: number;
  state: BookState;
  refunded: boolean;
  outputs: BookOutput[];
  reply: Reply;
  by: Sender;
  /** When the request arrived; it may have waited since. */
  arrivedAt: string;
  /** When the client closed the connection without the answer. Null: it did not. */
  closedAt: string | null;
}

export interface UploadEntry {
  vendor: string;
  account: string;
  id: string;
  at: string;
  sha256: string;
  model: string;
  type: string;
  bytes: number;
  by: Sender;
}

export interface ModelEntry {
  vendor: string;
  account: string;
  id: string;
  at: string;
  fields: unknown;
  by: Sender;
}

/** A paid request refused with a 4xx: nothing was accepted. */
export interface RefusedRequest {
  vendor: string;
  at: string;
  status: number;
  request: unknown;
}

/** The simulator's record of the truth. Tests compare it with the client's ledger and files. */
export class Book {
  readonly uploads: UploadEntry[] = [];
  readonly models: ModelEntry[] = [];
  readonly refused: RefusedRequest[] = [];
  /** Number of requests that have arrived and are delayed. */
  underWay = 0;
  /** Answered requests by `METHOD path status`, ids in the path replaced by `:id`. */
  readonly requests: Record<string, number> = {};
  /** Injected faults by kind. */
  readonly faults: Record<string, number> = {};
  readonly #accepted: AcceptedRequest[] = [];
  readonly #bringUpToDate: (() => void)[] = [];
  readonly #file: string | null;
  readonly #gateway = new AsyncLocalStorage<AcceptedRequest[]>();

  constructor(file: string | null) {
    this.#file = file;
  }

  /** Every accepted paid request, trainings included, with its state as of now. */
  get accepted(): readonly AcceptedRequest[] {
    for (const settle of this.#bringUpToDate) settle();
    return this.#accepted;
  }

  get trainings(): readonly AcceptedRequest[] {
    return this.accepted.filter((entry) => entry.kind === 'train');
  }

  /** Attributes requests sent by `work` to a gateway. `accepted` lists the resulting accepted requests. */
  async asGateway<Result>(
    work: () => Promise<Result>,
  ): Promise<{ result: Result; accepted: readonly AcceptedRequest[] }> {
    const accepted: AcceptedRequest[] = [];
    return { result: await this.#gateway.run(accepted, work), accepted };
  }

  sender(): Sender {
    return this.#gateway.getStore() ? 'gateway' : 'client';
  }

  /** Requests accepted more than once for one account. Takes count as duplicates, too. */
  duplicates(): { requestSha: string; ids: string[] }[] {
    const groups = new Map<string, { requestSha: string; ids: string[] }>();
    for (const { vendor, account, kind, requestSha, id } of this.#accepted) {
      const key = [vendor, account, kind, requestSha].join(' ');
      const group = groups.get(key) ?? { requestSha, ids: [] };
      group.ids.push(id);
      groups.set(key, group);
    }
    return [...groups.values()].filter((group) => group.ids.length > 1);
  }

  /** Registers a call before each read of the book, for states that change with time alone. */
  beforeReading(settle: () => void): void {
    this.#bringUpToDate.push(settle);
  }

  accept(entry: AcceptedRequest): void {
    this.#accepted.push(entry);
    this.#gateway.getStore()?.push(entry);
    this.#write('accepted', entry);
  }

  upload(upload: Omit<UploadEntry, 'by'>): void {
    const entry = { ...upload, by: this.sender() };
    this.uploads.push(entry);
    this.#write('upload', entry);
  }

  model(model: Omit<ModelEntry, 'by'>): void {
    const entry = { ...model, by: this.sender() };
    this.models.push(entry);
    this.#write('model', entry);
  }

  refuse(entry: RefusedRequest): void {
    this.refused.push(entry);
    this.#write('refused', entry);
  }

  finished(entry: AcceptedRequest): void {
    const { id, state, refunded } = entry;
    this.#write('finished', { id, state, refunded });
  }

  count(request: string): void {
    this.requests[request] = (this.requests[request] ?? 0) + 1;
  }

  injected(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  toJSON(): object {
    const { accepted, refused, uploads, models, requests, faults, underWay } = this;
    return { accepted, refused, uploads, models, requests, faults, underWay };
  }

  /** Synchronous, so that another process sees the event before the client has its answer. */
  #write(event: string, body: object): void {
    if (this.#file !== null) {
      appendFileSync(this.#file, `${JSON.stringify({ event, ...body })}\n`);
    }
  }
}
