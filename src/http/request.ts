import { Agent } from 'undici';
import type { SendFence } from '../providers/port.ts';
import { isDeep } from '../json.ts';
import { Attempt } from './attempt.ts';
import { ResponseShapeError } from './errors.ts';
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
  /** For everything, from the name look-up to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Makes this a paid call: a connection of its own, and nothing is written once the fence has passed. */
  readonly fence?: SendFence;
  /** Cap on the answer; `answerBytesMax` unless given. */
  readonly maxBytes?: number;
}

/** The body of an answer. */
export const answerBytesMax = 4 * 1024 * 1024;

/** An answer with a 2xx status. */
export interface HttpAnswer {
  /** `POST https://host/path`. */
  readonly request: string;
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** @throws ResponseShapeError when the text is not JSON */
  json(): unknown;
}

const pooled = new Agent({
  allowH2: false,
  pipelining: 1,
  connect: { timeout: 10_000 },
  connections: 16,
  keepAliveTimeout: 4_000,
});

/**
 * One attempt: no retry, no redirect, no cookie. Every failure tells truthfully whether bytes of the
 * request may have left this machine, and holds neither the query string nor a key.
 * @throws HttpError, NetworkError, TimeoutError, FenceError, ResponseShapeError
 */
export async function send(request: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(request.url);
  const label = requestLabel(request.method, url);
  const headers = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers };
  const own = request.fence && new OwnConnection(url.origin);
  const attempt = new Attempt({
    label,
    timeoutMs: request.timeoutMs,
    maxBytes: request.maxBytes ?? answerBytesMax,
    fence: request.fence,
    redact: redactor(headers),
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
    const { status, headers: answered, text } = await attempt.answer;
    noteServerTime(url.origin, answered, Date.now());
    return { request: label, status, headers: answered, text, json: () => parseJson(label, text) };
  } finally {
    await own?.close();
  }
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

/** Levels of lists and records in an answer. */
export const answerDepthMax = 100;

function parseJson(label: string, text: string): unknown {
  const unreadable = (detail: string): ResponseShapeError =>
    new ResponseShapeError(label, { detail, body: text.slice(0, 4_000) });
  if (isDeep(text, answerDepthMax)) throw unreadable('nested too deeply');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw unreadable('not JSON');
  }
}
