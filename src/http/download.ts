import net from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as undiciRequest, type Dispatcher } from 'undici';
import { bareHost, insideCode, isInsideAddress, leadsInside, outsideLookup } from './address.ts';
import {
  HttpError,
  NetworkError,
  TimeoutError,
  TooLargeError,
  TruncatedError,
  UnsafeUrlError,
} from './errors.ts';
import { redactor, requestLabel } from './label.ts';
import { userAgent } from './user-agent.ts';

export interface DownloadRequest {
  readonly url: string;
  /** Origin of the account's base URL. Only it ever sees `headersForTrustedOrigin`. */
  readonly trustedOrigin: string;
  readonly headersForTrustedOrigin?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  /** For the whole download. */
  readonly timeoutMs: number;
  /** Longest silence, headers included. */
  readonly idleTimeoutMs: number;
}

export interface Download {
  /** Must be read to its end or left with `break`; both free the connection. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** As announced; null when it was not. */
  readonly bytes: number | null;
}

export const redirectsMax = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const connections = { allowH2: false, connections: 16, keepAliveTimeout: 4_000 };
const neverConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const outside = new Agent({ ...connections, connect: { timeout: 10_000, lookup: outsideLookup } });
const anywhere = new Agent({ ...connections, connect: { timeout: 10_000 } });

/**
 * Fetches a file from a URL that a vendor's answer named, which may be hostile: only http and https;
 * addresses inside this network are refused unless the trusted origin is inside too; redirects are
 * followed by hand, each checked anew, and carry no key to another origin; bytes and time are capped.
 * @throws UnsafeUrlError, HttpError, NetworkError, TimeoutError; the stream also TooLargeError, TruncatedError
 */
export async function download(request: DownloadRequest): Promise<Download> {
  const trusted = new URL(request.trustedOrigin);
  const limits = new TimeLimits(request);
  try {
    const insideAllowed = await leadsInside(trusted);
    let url = parseUrl(request.url);
    for (let hop = 0; hop <= redirectsMax; hop++) {
      limits.label = requestLabel('GET', url);
      checkUrl(url, insideAllowed);
      const answer = await fetchOnce(url, request, insideAllowed ? anywhere : outside, limits);
      const location = answer.headers.location;
      if (!redirectStatuses.has(answer.statusCode) || location === undefined)
        return await readAnswer(answer, request, limits);
      discard(answer);
      url = parseUrl(String(location), url);
    }
    throw new UnsafeUrlError(limits.label, `more than ${redirectsMax} redirects`);
  } catch (error) {
    limits.end();
    throw error;
  }
}

/** The two timers of a download; whichever ends first aborts it. */
class TimeLimits {
  readonly #abort = new AbortController();
  readonly #idleMs: number;
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout;
  /** The request under way, for messages. */
  label: string;

  constructor(request: DownloadRequest) {
    this.label = 'GET';
    this.#idleMs = request.idleTimeoutMs;
    this.#total = setTimeout(() => this.#fire(request.timeoutMs), request.timeoutMs);
    this.#idle = setTimeout(() => this.#fire(this.#idleMs), this.#idleMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something arrived. */
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

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url) throw new UnsafeUrlError('GET', 'not a URL');
  return url;
}

function checkUrl(url: URL, insideAllowed: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new UnsafeUrlError(`GET ${url.protocol}`, 'only http and https are fetched');
  const host = bareHost(url);
  if (!insideAllowed && net.isIP(host) !== 0 && isInsideAddress(host)) throw insideError(url);
}

function insideError(url: URL): UnsafeUrlError {
  return new UnsafeUrlError(requestLabel('GET', url), 'an address inside this network');
}

async function fetchOnce(
  url: URL,
  request: DownloadRequest,
  dispatcher: Agent,
  limits: TimeLimits,
): Promise<Dispatcher.ResponseData> {
  const own = url.origin === new URL(request.trustedOrigin).origin;
  const extra = own ? (request.headersForTrustedOrigin ?? {}) : {};
  try {
    const answer = await undiciRequest(`${url.origin}${url.pathname}${url.search}`, {
      method: 'GET',
      headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...extra },
      dispatcher,
      signal: limits.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    limits.heard();
    return answer;
  } catch (error) {
    if (error instanceof TimeoutError) throw error;
    if (errorCode(error) === insideCode) throw insideError(url);
    throw networkError(limits.label, error, redactor(extra));
  }
}

async function readAnswer(
  answer: Dispatcher.ResponseData,
  request: DownloadRequest,
  limits: TimeLimits,
): Promise<Download> {
  const { label } = limits;
  if (answer.statusCode !== 200) {
    const body = await firstText(answer);
    const redact = redactor(request.headersForTrustedOrigin ?? {});
    throw new HttpError(label, {
      status: answer.statusCode,
      headers: flat(answer.headers),
      body: redact(body.slice(0, 4_000)),
    });
  }
  const announced = Number(answer.headers['content-length']);
  const bytes = answer.headers['content-length'] !== undefined && announced >= 0 ? announced : null;
  if (bytes !== null && bytes > request.maxBytes) {
    discard(answer);
    throw new TooLargeError(label, request.maxBytes);
  }
  return {
    stream: checked(answer.body, { label, bytes, maxBytes: request.maxBytes }, limits),
    bytes,
  };
}

/** Passes chunks on until the body ends, breaks off or grows too large. */
async function* checked(
  body: Dispatcher.ResponseData['body'],
  expected: { label: string; bytes: number | null; maxBytes: number },
  limits: TimeLimits,
): AsyncGenerator<Uint8Array> {
  const { label, bytes, maxBytes } = expected;
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      limits.heard();
      received += chunk.length;
      if (received > maxBytes) throw new TooLargeError(label, maxBytes);
      yield chunk;
    }
    if (bytes !== null && received !== bytes)
      throw new TruncatedError(label, { received, expected: bytes });
  } catch (error) {
    if (limits.signal.aborted) throw limits.signal.reason;
    if (error instanceof TooLargeError || error instanceof TruncatedError) throw error;
    if (errorCode(error) === undefined) throw error;
    throw new TruncatedError(label, { received, expected: bytes });
  } finally {
    limits.end();
    body.on('error', () => undefined).destroy();
  }
}

/** The start of an error's body; an endless one is left unread. */
async function firstText(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > 16_000) break;
    }
  } catch {
    // The status alone tells enough.
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function discard(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined).destroy();
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function networkError(
  label: string,
  error: unknown,
  redact: (text: string) => string,
): NetworkError {
  const cause = error instanceof Error ? redact(error.message) : undefined;
  const code = errorCode(error) ?? 'UNKNOWN';
  return new NetworkError(label, { code, sent: !neverConnected.has(code), cause });
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
