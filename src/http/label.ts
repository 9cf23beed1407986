/** `POST https://host/path`: how errors name a request. Query strings may be signed, so they stay out. */
export function requestLabel(method: string, url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

const secretHeaders = ['authorization', 'x-api-key', 'cookie'];

/**
 * Makes a function that blanks out every secret of the request's headers, should an answer repeat it, as it
 * is or as JSON, URLs and Base64 write it.
 */
export function redactor(headers: Readonly<Record<string, string>>): (text: string) => string {
  const secrets = Object.entries(headers)
    .filter(([name]) => secretHeaders.includes(name.toLowerCase()))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')])
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .flatMap((secret) => [...spellings(secret)])
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[key]'), text);
}

function spellings(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  // Too short a text in Base64 would be met by chance.
  const coded = bytes.length < 8 ? [] : [bytes.toString('base64'), bytes.toString('base64url')];
  const unpadded = coded.map((text) => text.replace(/=+$/, ''));
  return new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...coded,
    ...unpadded,
  ]);
}
