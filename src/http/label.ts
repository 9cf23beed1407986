/** `POST https://host/path`: how errors name a request. Query strings may be signed, so they stay out. */
export function requestLabel(method: string, url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

const secretHeaders = ['authorization', 'x-api-key', 'cookie'];

/**
 * Makes a function that blanks out every secret of the request's headers, should an answer repeat it, as it
 * is or as JSON, URLs and Base64 write it. @param others secrets that stand in no header
 */
export function redactor(
  headers: Readonly<Record<string, string>>,
  others: readonly string[] = [],
): (text: string) => string {
  const secrets = Object.entries(headers)
    .filter(([name]) => secretHeaders.includes(name.toLowerCase()))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')])
    .concat(others)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .flatMap((secret) => [...spellings(secret)])
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[key]'), text);
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...inBase64(Buffer.from(secret)),
  ]);
}

/** The letters that stand for the bytes in any Base64 text around them, wherever they begin in it. */
function inBase64(bytes: Buffer): string[] {
  // Few letters would be met by chance.
  if (bytes.length < 8) return [];
  return [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((alphabet) =>
      shifted.toString(alphabet).slice(first, end),
    );
  });
}
