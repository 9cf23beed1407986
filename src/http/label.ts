/** `POST https://host/path`: how errors name a request. Query strings may be signed, so they stay out. */
export function requestLabel(method: string, url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

/** Blanks out secrets that an answer repeats, as they are or as JSON, URLs and Base64 write them. */
export interface Redactor {
  /** For texts that people read. A short secret is blanked only where it stands alone. */
  text(text: string): string;
  /** For links and data: a short secret may stand in them by chance, and stays. */
  data(text: string): string;
}

/** Shorter ones are met by chance: in words, in ids, in any Base64. */
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
 * Makes a function that blanks out, in a text for people, every secret of a request's headers. The scheme
 * before a credential is none. @param others secrets that stand in no header
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

/** The characters that stand for the bytes in any Base64 text around them, wherever they begin in it. */
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
