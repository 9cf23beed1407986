import { UnsafeUrlError } from './errors.ts';

/**
 * The address of a link. A link without a scheme or a host is resolved against `base`, as in a browser.
 * A bare name is no link.
 * @throws UnsafeUrlError
 */
export function resolveLink(link: string, base: string | URL): URL {
  const isName = !/[/?]/.test(link) && !URL.canParse(link);
  const url = isName ? null : URL.parse(link, base.toString());
  if (!url) throw new UnsafeUrlError('GET', 'not a URL');
  return url;
}

/** The resolved link as text. Absolute links and links that cannot be resolved stay unchanged. */
export function absoluteLink(link: string, base: string): string {
  if (URL.canParse(link)) return link;
  try {
    return resolveLink(link, base).href;
  } catch {
    return link;
  }
}

/** The name and password in a URL. */
export interface Credentials {
  /** The value of the `authorization` header. */
  readonly basic: string;
  /** Texts that must never be shown. */
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
