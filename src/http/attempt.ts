import type { Dispatcher } from 'undici';
import type { SendDeadline } from './send-deadline.ts';
import { EncodingError, encodingsOf, unpackedBytes } from './encoding.ts';
import {
  SendDeadlineError,
  HttpError,
  NetworkError,
  ResponseShapeError,
  TimeoutError,
} from './errors.ts';

/** Maximum length of an error's body in characters. */
export const errorBodyMax = 4_000;
/** Enough bytes for `errorBodyMax` characters of any alphabet. */
const errorBytesMax = errorBodyMax * 4;
/** Maximum unpacked size of an error's body in bytes. The text of a larger one is empty. */
const errorUnpackedMax = 1024 * 1024;

export interface RawAnswer {
  readonly status: number;
  /** Unchanged, with lower-case names. They may contain the key, and so may the text. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface AttemptOptions {
  readonly label: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly deadline: SendDeadline | undefined;
  readonly redact: (text: string) => string;
  /** Called when the wait for the answer is given up, before the connection is closed. */
  readonly abandoned: () => void;
}

type IncomingHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * One request from dispatch to its end. undici calls `onRequestStart` when the connection is open (TLS
 * included) and writes the bytes in the same turn. The deadline check there runs directly before the write.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly answer: Promise<RawAnswer>;
  readonly #options: AttemptOptions;
  readonly #resolve: (answer: RawAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(options: AttemptOptions) {
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#timeOut(), options.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { deadline, label } = this.#options;
    if (this.#settled) throw new NetworkError(label, { code: 'TOO_LATE', sent: false });
    // undici resends a queued request on a new connection; an attempt is sent only once.
    if (this.#controller) throw new NetworkError(label, { code: 'CONNECTION_LOST', sent: true });
    if (deadline) {
      const lateByMs = deadline.now() - deadline.sendBy;
      if (lateByMs >= 0) throw new SendDeadlineError(label, lateByMs);
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) continue;
      this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= (this.#succeeded() ? this.#options.maxBytes : errorBytesMax)) return;
    this.#settleWithAnswer();
    this.#options.abandoned();
    controller.abort(new Error('answer too large'));
  }

  onResponseEnd(): void {
    this.#settleWithAnswer();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) return;
    if (error instanceof SendDeadlineError || error instanceof NetworkError)
      return this.#fail(error);
    // The status of a refusal counts even if its body is cut off.
    if (this.#status !== 0 && !this.#succeeded()) return this.#settleWithAnswer();
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    this.#fail(
      new NetworkError(this.#options.label, {
        code,
        sent: this.#controller !== undefined,
        // Text only: the error's own fields may contain the request.
        cause: this.#options.redact(error.message),
      }),
    );
  }

  /** For a request that undici refuses before it is queued. */
  refuse(error: unknown): void {
    this.onResponseError(undefined as never, error instanceof Error ? error : new Error('refused'));
  }

  #succeeded(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #timeOut(): void {
    const { label, timeoutMs } = this.#options;
    if (this.#status !== 0 && !this.#succeeded()) this.#settleWithAnswer();
    else this.#fail(new TimeoutError(label, { timeoutMs, sent: this.#controller !== undefined }));
    this.#options.abandoned();
    this.#controller?.abort(new Error('time limit'));
  }

  #settleWithAnswer(): void {
    if (this.#settled) return;
    const { label, maxBytes, redact } = this.#options;
    const { bytes, problem } = this.#unpacked();
    const text = new TextDecoder().decode(bytes);
    const head = { status: this.#status, headers: this.#headers };
    const body = excerptOf(text, redact);
    if (!this.#succeeded()) return this.#fail(new HttpError(label, { ...head, body, raw: text }));
    const detail = this.#size > maxBytes ? `larger than ${maxBytes} bytes` : problem;
    if (detail !== undefined) return this.#fail(new ResponseShapeError(label, { detail, body }));
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#resolve({ ...head, text });
  }

  /** Some servers compress without being asked. A body that cannot be unpacked has no text. */
  #unpacked(): { bytes: Buffer; problem?: string } {
    const packed = Buffer.concat(this.#chunks);
    const { maxBytes } = this.#options;
    const limits = this.#succeeded() ? { maxBytes } : { maxBytes: errorUnpackedMax, isCut: true };
    try {
      const encodings = encodingsOf(this.#headers['content-encoding']);
      return { bytes: unpackedBytes(packed, encodings, limits) };
    } catch (error) {
      const problem =
        error instanceof EncodingError ? error.message : `larger than ${maxBytes} bytes, unpacked`;
      return { bytes: Buffer.alloc(0), problem };
    }
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#reject(error);
  }
}

/** The beginning of a body, for people. */
export function excerptOf(text: string, redact: (text: string) => string): string {
  // Redact before the final cut, so that no part of a secret is left at the end of the excerpt.
  return redact(text.slice(0, 2 * errorBodyMax)).slice(0, errorBodyMax);
}
