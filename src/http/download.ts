import net from 'node:net';
import { Agent } from 'undici';
import { bareHost, isInsideAddress, leadsInside, outsideLookup } from './address.ts';
import { discard, readAnswer } from './download-answer.ts';
import { UnsafeUrlError } from './errors.ts';
import { requestLabel } from './label.ts';
import { resolveLink } from './links.ts';
import { TimeLimits } from './time-limits.ts';
import { insideError, Visit } from './visit.ts';

export interface DownloadRequest {
  readonly url: string;
  /** Origin of the account's base URL, which may be inside this network. */
  readonly trustedOrigin: string;
  readonly maxBytes: number;
  /** For the whole download. */
  readonly timeoutMs: number;
  /** Longest silence, headers included. */
  readonly idleTimeoutMs: number;
  /** False leaves a compressed body packed. Default: true. */
  readonly unpack?: boolean;
}

export interface Download {
  /** Must be read to its end or left with `break`; either frees the connection. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Whether the answer says where the body ends. Then a body that is cut off is an error. */
  readonly isDelimited: boolean;
}

export const redirectsMax = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const connections = { allowH2: false, connections: 16, keepAliveTimeout: 4_000 };
const outside = new Agent({ ...connections, connect: { timeout: 10_000, lookup: outsideLookup } });
const anywhere = new Agent({ ...connections, connect: { timeout: 10_000 } });

/**
 * Fetches a file from a link in a vendor's answer. The link may be hostile, so these rules apply:
 * - Only http and https are fetched.
 * - Addresses inside this network are refused unless the trusted origin is inside too.
 * - Each redirect is checked again and carries no key to another origin.
 * - Bytes and time are capped.
 * - A link without a host is resolved against the trusted origin.
 * @throws UnsafeUrlError, HttpError, NetworkError, TimeoutError; the stream also TooLargeError,
 * TruncatedError, EncodingError
 */
export async function download(request: DownloadRequest): Promise<Download> {
  const trusted = new URL(request.trustedOrigin);
  const limits = new TimeLimits(request);
  try {
    const insideAllowed = await leadsInside(trusted);
    const visit = new Visit(insideAllowed ? anywhere : outside, limits);
    let url = resolveLink(request.url, trusted);
    for (let hop = 0; hop <= redirectsMax; hop++) {
      limits.label = requestLabel('GET', url);
      checkUrl(url, insideAllowed);
      const answer = await visit.get(url);
      const location = answer.headers.location;
      if (!redirectStatuses.has(answer.statusCode) || location === undefined)
        return await readAnswer(answer, request, limits, visit.redactor(url));
      discard(answer);
      url = resolveLink(String(location), url);
    }
    throw new UnsafeUrlError(limits.label, `more than ${redirectsMax} redirects`);
  } catch (error) {
    limits.end();
    throw error;
  }
}

function checkUrl(url: URL, insideAllowed: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new UnsafeUrlError(`GET ${url.protocol}`, 'only http and https are fetched');
  const host = bareHost(url);
  if (!insideAllowed && net.isIP(host) !== 0 && isInsideAddress(host)) throw insideError(url);
}
