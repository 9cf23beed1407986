import { UnsafeUrlError } from './errors.ts';

/**
 * The address that a link leads to. One without a scheme or a host is read against `base`, as a browser
 * reads it; a bare name is no link.
 * @throws UnsafeUrlError
 */
export function resolveLink(link: string, base: string | URL): URL {
  const isName = !/[/?]/.test(link) && !URL.canParse(link);
  const url = isName ? null : URL.parse(link, base.toString());
  if (!url) throw new UnsafeUrlError('GET', 'not a URL');
  return url;
}

/** The same as text; one that leads somewhere by itself stays as it is, and so does one that leads nowhere. */
export function absoluteLink(link: string, base: string): string {
  if (URL.canParse(link)) return link;
  try {
    return resolveLink(link, base).href;
  } catch {
    return link;
  }
}

/** A name and a password out of a URL. */
export interface Credentials {
  /** For the header `authorization`. */
  readonly basic: string;
  /** What must be shown nowhere. */
  readonly secrets: readonly string[];
}

export function credentialsIn(url: URL): Credentials | undefined {
  const { username, password } = url;
  if (username === '' && password === '') return undefined;
  const plain = [username, password].map(decoded);
  const basic = `Basic ${Buffer.from(plain.join(':')).toString('base64')}`;
  return { basic, secrets: [...plain, username, password] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
