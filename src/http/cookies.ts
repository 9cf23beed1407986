import net from 'node:net';
import { bareHost } from './address.ts';

/** More cookies than any file server sets during a download. */
const cookiesMax = 50;
const cookieBytesMax = 4_096;

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Subdomains get it, too. */
  readonly isWide: boolean;
  readonly path: string;
  readonly isSecure: boolean;
}

/** The cookies of one download, for its redirects. A host gets the cookies that it or its domain has set. */
export class Cookies {
  readonly #cookies = new Map<string, Cookie>();

  /** @param headers the `set-cookie` headers of an answer to `url` */
  keep(url: URL, headers: string | readonly string[] | undefined, nowMs: number): void {
    for (const header of [headers ?? []].flat()) {
      if (header.length > cookieBytesMax) continue;
      const [pair = '', ...rest] = header.split(';');
      const attributes = new Map(
        rest.map(pairOf).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const cookie = cookieOf(url, pairOf(pair), attributes);
      if (!cookie) continue;
      const id = `${cookie.domain} ${cookie.path} ${cookie.name}`;
      this.#cookies.delete(id);
      if (!isOver(attributes, nowMs) && this.#cookies.size < cookiesMax)
        this.#cookies.set(id, cookie);
    }
  }

  /** The `cookie` header of a request to `url`; undefined: no cookie fits. */
  headerFor(url: URL): string | undefined {
    const fitting = [...this.#cookies.values()]
      .filter((cookie) => fits(cookie, url))
      .toSorted((one, other) => other.path.length - one.path.length);
    if (fitting.length === 0) return undefined;
    return fitting.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  const [name, value] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  return [name.trim(), value.trim()];
}

function cookieOf(
  url: URL,
  [name, value]: readonly [string, string],
  attributes: ReadonlyMap<string, string>,
): Cookie | undefined {
  const host = bareHost(url);
  const wanted = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
  const domain = wanted === '' ? host : wanted;
  const isPlain = !/[^\P{Cc}\t]/u.test(name + value);
  if (!isPlain || (name === '' && value === '') || !isWithin(host, domain)) return undefined;
  const path = attributes.get('path') ?? '';
  return {
    name,
    value,
    domain,
    isWide: wanted !== '',
    path: path.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
    isSecure: attributes.has('secure'),
  };
}

/** A cookie for a whole top-level domain is rejected. */
function isWithin(host: string, domain: string): boolean {
  if (host === domain) return true;
  return net.isIP(host) === 0 && domain.includes('.') && host.endsWith(`.${domain}`);
}

function fits({ domain, isWide, path, isSecure }: Cookie, url: URL): boolean {
  const host = bareHost(url);
  if (host !== domain && !(isWide && isWithin(host, domain))) return false;
  if (isSecure && url.protocol !== 'https:') return false;
  const { pathname } = url;
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function isOver(attributes: ReadonlyMap<string, string>, nowMs: number): boolean {
  const age = Number(attributes.get('max-age') ?? NaN);
  if (!Number.isNaN(age)) return age <= 0;
  return Date.parse(attributes.get('expires') ?? '') <= nowMs;
}
