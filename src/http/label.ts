/** `POST https://host/path`: the name of a request in errors. No query string: it may be signed. */
export function requestLabel(method: string, url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

/** Blanks out secrets that an answer repeats: as plain text, or escaped as in JSON, URLs and Base64. */
export interface Redactor {
  /** For texts that people read. A short secret is blanked only as a separate word. */
  text(text: string): string;
  /** For links and data. A short secret stays: it may appear in them by chance. */
  data(text: string): string;
}

/** Shorter secrets appear by chance in words, ids and Base64. */
const longFrom = 8;

export function secretRedactor(secrets: readonly string[]): Redactor {
  const given = secrets.map((secret) => secret.trim()).filter((secret) => secret !== '');
  const anywhere = given
    .filter((secret) => secret.length >= longFrom)
    .flatMap((secret) => [...spellings(secret)])
    .toSorted((a, b) => b.length - a.length);
  const alone = given.filter((secret) => secret.length < longFrom).map(standingAlone);
  const data = (text: string): string =>
    anywhere.reduce((clean, secret) => clean.replaceAll(secret, '[key]'), text);
  return {
    data,
    text: (text) => alone.reduce((clean, secret) => clean.replace(secret, '[key]'), data(text)),
  };
}

/**
 * Makes a function that blanks out every secret of a request's headers in a text for people. The scheme
 * before a credential is not secret. @param others secrets that are in no header
 */
export function redactor(
  headers: Readonly<Record<string, string>>,
  others: readonly string[] = [],
): (text: string) => string {
  const inHeaders = Object.entries(headers).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (lower === 'authorization') return [value.trim().replace(/^\S+\s+/, '')];
    return lower === 'x-api-key' || lower === 'cookie' ? [value] : [];
  });
  return secretRedactor([...inHeaders, ...others]).text;
}

function standingAlone(secret: string): RegExp {
  const literally = secret.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literally}(?![\\p{L}\\p{N}])`, 'gu');
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...inBase64(Buffer.from(secret)),
  ]);
}

/** The characters that encode the bytes in a longer Base64 text, for each of the three alignments. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((alphabet) =>
      shifted.toString(alphabet).slice(first, end),
    );
  });
}
