import type { Failure } from './floor.ts';

/** Errors of one HTTP attempt. Each has its own next step, which `Provider.classify` decides. */

/** An answer with an error status. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  /** `POST https://host/path`, without query string and key. */
  readonly request: string;
  readonly status: number;
  /** The body's text for people, cut at 4,000 characters; may be JSON, HTML or empty. */
  readonly body: string;
  /** Unchanged. Private, so that they do not show when the error is printed: they may contain the key. */
  readonly #raw: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    request: string,
    answer: {
      status: number;
      headers: Readonly<Record<string, string>>;
      body: string;
      raw?: string;
    },
  ) {
    super(`answered ${answer.status}: ${request}`);
    this.request = request;
    this.status = answer.status;
    this.body = answer.body;
    this.#raw = answer.raw ?? answer.body;
    this.#headers = answer.headers;
  }

  /** Origin of the server that answered; empty if unknown. */
  get origin(): string {
    return URL.parse(this.request.slice(this.request.indexOf(' ') + 1))?.origin ?? '';
  }

  /** @param name in lower case */
  header(name: string): string | undefined {
    return this.#headers[name];
  }

  /** The fields of the body, unchanged; undefined if it is no JSON object. */
  get fields(): Readonly<Record<string, unknown>> | undefined {
    return fieldsIn(this.#raw);
  }
}

/** The fields of a JSON object; undefined for other text. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A refusal with a success status. */
export class NotOkError extends Error {
  override readonly name = 'NotOkError';
  readonly request: string;
  /** The body's text for people, cut at 4,000 characters. */
  readonly body: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(
    request: string,
    answer: { body: string; fields: Readonly<Record<string, unknown>> },
  ) {
    super(`was refused with a success status: ${request}`);
    this.request = request;
    this.body = answer.body;
    this.#fields = answer.fields;
  }

  /** Unchanged. */
  get fields(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }
}

const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** A client error that a retry does not change: 4xx except 408, 425 and 429. */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && !passing.has(status);
}

/** No answer. `sent`: bytes of the request may have left this machine. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly request: string;
  readonly code: string;
  readonly sent: boolean;

  constructor(request: string, failure: { code: string; sent: boolean; cause?: unknown }) {
    super(`${failure.sent ? 'no answer' : 'could not connect'} (${failure.code}): ${request}`, {
      cause: failure.cause,
    });
    this.request = request;
    this.code = failure.code;
    this.sent = failure.sent;
  }
}

/** The time limit passed. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly request: string;
  readonly timeoutMs: number;
  readonly sent: boolean;

  constructor(request: string, limit: { timeoutMs: number; sent: boolean }) {
    super(`no answer within ${limit.timeoutMs} ms: ${request}`);
    this.request = request;
    this.timeoutMs = limit.timeoutMs;
    this.sent = limit.sent;
  }
}

const gaveUp: ReadonlySet<number> = new Set([408, 504, 524]);

/** This client, or a gateway, stopped waiting for the answer. The vendor may still carry out the request. */
export function mayStillRun(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof HttpError && gaveUp.has(error.status));
}

/** The send deadline passed before the first byte was written: certainly not sent. */
export class SendDeadlineError extends Error {
  override readonly name = 'SendDeadlineError';
  readonly request: string;

  constructor(request: string, lateByMs: number) {
    super(`not sent, ${lateByMs} ms after its time: ${request}`);
    this.request = request;
  }
}

/** Not sent: the account must wait longer than the maximum wait of a call, or the process stops. */
export class PaceError extends Error {
  override readonly name = 'PaceError';
  readonly waitMs: number;
  /** What the account waits for: the end of a rate limit, or of an outage. */
  readonly failure: Failure;

  constructor(
    waitMs: number,
    why = `the account waits for another ${seconds(waitMs)}`,
    failure: Failure = 'limited',
  ) {
    super(`not sent: ${why}`);
    this.waitMs = waitMs;
    this.failure = failure;
  }
}

/** Whole seconds, for people. */
export function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`;
}

/** The request succeeded, but its answer does not have the documented shape. Deliberately not an HttpError. */
export class ResponseShapeError extends Error {
  override readonly name = 'ResponseShapeError';
  readonly request: string;
  readonly detail: string;
  readonly body: string;

  constructor(request: string, answer: { detail: string; body: string }) {
    super(`unreadable answer (${answer.detail}): ${request}`);
    this.request = request;
    this.detail = answer.detail;
    this.body = answer.body;
  }
}

/** A URL from a vendor that must not be fetched. Nothing was sent. */
export class UnsafeUrlError extends Error {
  override readonly name = 'UnsafeUrlError';
  readonly request: string;
  readonly reason: string;

  constructor(request: string, reason: string) {
    super(`refused (${reason}): ${request}`);
    this.request = request;
    this.reason = reason;
  }
}

/** A download above the size limit. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
  readonly request: string;
  readonly maxBytes: number;

  constructor(request: string, maxBytes: number) {
    super(`larger than ${maxBytes} bytes: ${request}`);
    this.request = request;
    this.maxBytes = maxBytes;
  }
}

/** A download that ended early. */
export class TruncatedError extends Error {
  override readonly name = 'TruncatedError';
  readonly request: string;
  readonly received: number;
  /** Null when the length was not announced. */
  readonly expected: number | null;

  constructor(request: string, bytes: { received: number; expected: number | null }) {
    super(`cut off after ${bytes.received} of ${bytes.expected ?? 'unknown'} bytes: ${request}`);
    this.request = request;
    this.received = bytes.received;
    this.expected = bytes.expected;
  }
}

/** The code of a system error or a library error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
