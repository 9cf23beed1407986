import { request, type Dispatcher } from 'undici';
import { insideCode } from './address.ts';
import { Cookies } from './cookies.ts';
import { errorCode, NetworkError, TimeoutError, UnsafeUrlError } from './errors.ts';
import { redactor, requestLabel } from './label.ts';
import { type Credentials, credentialsIn } from './links.ts';
import type { TimeLimits } from './time-limits.ts';
import { userAgent } from './user-agent.ts';

const neverConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** One download with its redirects. Decides which origin gets which secrets; an account's key is never one. */
export class Visit {
  readonly #dispatcher: Dispatcher;
  readonly #limits: TimeLimits;
  readonly #cookies = new Cookies();
  /** By origin. A name and a password go only to the origin of the URL that contained them. */
  readonly #credentials = new Map<string, Credentials>();

  constructor(dispatcher: Dispatcher, limits: TimeLimits) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
  }

  async get(url: URL): Promise<Dispatcher.ResponseData> {
    const credentials = credentialsIn(url);
    if (credentials) this.#credentials.set(url.origin, credentials);
    try {
      const answer = await request(`${url.origin}${url.pathname}${url.search}`, {
        method: 'GET',
        headers: {
          'user-agent': userAgent,
          'accept-encoding': 'identity',
          ...this.#secretsFor(url),
        },
        dispatcher: this.#dispatcher,
        signal: this.#limits.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      this.#limits.heard();
      this.#cookies.keep(url, answer.headers['set-cookie'], Date.now());
      return answer;
    } catch (error) {
      if (error instanceof TimeoutError) throw error;
      if (errorCode(error) === insideCode) throw insideError(url);
      throw networkError(this.#limits.label, error, this.redactor(url));
    }
  }

  /** Blanks out the secrets of ours that an answer of this URL may repeat. */
  redactor(url: URL): (text: string) => string {
    const secrets = [...this.#credentials.values()].flatMap((each) => each.secrets);
    return redactor(this.#secretsFor(url), secrets);
  }

  #secretsFor(url: URL): Record<string, string> {
    const basic = this.#credentials.get(url.origin)?.basic;
    const cookie = this.#cookies.headerFor(url);
    return {
      ...(basic !== undefined && { authorization: basic }),
      ...(cookie !== undefined && { cookie }),
    };
  }
}

export function insideError(url: URL): UnsafeUrlError {
  return new UnsafeUrlError(requestLabel('GET', url), 'an address inside this network');
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
