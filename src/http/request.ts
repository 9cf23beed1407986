import { Agent } from 'undici';
import type { SendDeadline } from './send-deadline.ts';
import { isDeep } from '../json.ts';
import { Attempt, excerptOf } from './attempt.ts';
import { HttpError, ResponseShapeError } from './errors.ts';
import { redactor, requestLabel } from './label.ts';
import type { MultipartBody } from './multipart.ts';
import { OwnConnection } from './own-connection.ts';
import { noteServerTime } from './server-clock.ts';
import { userAgent } from './user-agent.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | MultipartBody;
  /** For the whole request, from the name look-up to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Makes this a paid call: it gets its own connection, and nothing is written after the deadline. */
  readonly deadline?: SendDeadline;
  /** Cap on the answer; default: `answerBytesMax`. */
  readonly maxBytes?: number;
}

/** Default cap on the body of an answer. */
export const answerBytesMax = 4 * 1024 * 1024;

/** An answer with a 2xx status. */
export interface HttpAnswer {
  /** `POST https://host/path`. */
  readonly request: string;
  readonly status: number;
  /** The body, which may contain the key; null: empty. @throws ResponseShapeError when it is not JSON */
  json(): unknown;
  /** The beginning of the body, for people. */
  excerpt(): string;
  /** An error that names the unreadable part of the body. */
  unreadable(detail: string): ResponseShapeError;
}

const pooled = new Agent({
  allowH2: false,
  pipelining: 1,
  connect: { timeout: 10_000 },
  connections: 16,
  keepAliveTimeout: 4_000,
});

/**
 * One attempt: no retry, no redirect, no cookie. Every failure reports whether bytes of the request may
 * have left this machine. It contains neither the query string nor a key.
 * @throws HttpError, NetworkError, TimeoutError, SendDeadlineError, ResponseShapeError
 */
export async function send(request: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(request.url);
  const label = requestLabel(request.method, url);
  const headers = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers };
  const redact = redactor(headers);
  const own = request.deadline && new OwnConnection(url.origin);
  const attempt = new Attempt({
    label,
    timeoutMs: request.timeoutMs,
    maxBytes: request.maxBytes ?? answerBytesMax,
    deadline: request.deadline,
    redact,
    abandoned: () => own?.reset(),
  });
  const dispatcher = own?.client ?? pooled;
  const target = {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  try {
    const { body } = request;
    if (body === undefined || typeof body === 'string')
      dispatcher.dispatch({ ...target, headers, body: body ?? null }, attempt);
    else
      dispatcher.dispatch(
        { ...target, headers: { ...headers, ...body.headers }, body: body.stream() },
        attempt,
      );
  } catch (error) {
    attempt.refuse(error);
  }
  try {
    const {
      status,
      headers: reported,
      text,
    } = await attempt.answer.catch((error: unknown) => {
      if (error instanceof HttpError) noteTime(url.origin, (name) => error.header(name));
      throw error;
    });
    noteTime(url.origin, (name) => reported[name]);
    const excerpt = (): string => excerptOf(text, redact);
    const unreadable = (detail: string): ResponseShapeError =>
      new ResponseShapeError(label, { detail: redact(detail), body: excerpt() });
    const json = (): unknown => parseJson(text, unreadable);
    return { request: label, status, json, excerpt, unreadable };
  } finally {
    await own?.close();
  }
}

function noteTime(origin: string, header: (name: string) => string | undefined): void {
  noteServerTime(origin, { date: header('date'), age: header('age') }, Date.now());
}

/** `send` with a JSON body. */
export function sendJson(
  request: Omit<HttpRequest, 'body'> & { readonly body: unknown },
): Promise<HttpAnswer> {
  return send({
    ...request,
    headers: { 'content-type': 'application/json', ...request.headers },
    body: JSON.stringify(request.body),
  });
}

/** Maximum nesting of lists and records in an answer. */
export const answerDepthMax = 100;

const manyDigits = /\d{16}/;

/** Keeps an integer that is too large for a double as its text: it may be an id. */
function keepDigits(
  _name: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const isInexact = Number.isInteger(value) && !Number.isSafeInteger(value);
  const source = context?.source ?? '';
  return isInexact && /^-?\d+$/.test(source) ? source : value;
}

function parseJson(text: string, unreadable: HttpAnswer['unreadable']): unknown {
  if (text === '') return null;
  if (isDeep(text, answerDepthMax)) throw unreadable('nested too deeply');
  try {
    return (manyDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as unknown;
  } catch {
    throw unreadable('not JSON');
  }
}
