import { TimeoutError } from './errors.ts';

/** The two timers of a download, total and idle. The first to end aborts it. */
export class TimeLimits {
  readonly #abort = new AbortController();
  readonly #idleMs: number;
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout;
  /** The current request, for messages. */
  label: string;

  constructor(request: { readonly timeoutMs: number; readonly idleTimeoutMs: number }) {
    this.label = 'GET';
    this.#idleMs = request.idleTimeoutMs;
    this.#total = setTimeout(() => this.#fire(request.timeoutMs), request.timeoutMs);
    this.#idle = setTimeout(() => this.#fire(this.#idleMs), this.#idleMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Restarts the idle timer, because data arrived. */
  heard(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#fire(this.#idleMs), this.#idleMs);
  }

  end(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
  }

  #fire(timeoutMs: number): void {
    this.#abort.abort(new TimeoutError(this.label, { timeoutMs, sent: true }));
  }
}
