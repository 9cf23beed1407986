/** `POST https://host/path`: how errors name a request. Query strings may be signed, so they stay out. */
export function requestLabel(method: string, url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

const secretHeaders = ['authorization', 'x-api-key', 'cookie'];

/** Makes a function that blanks out every secret of the request's headers, should an answer repeat it. */
export function redactor(headers: Readonly<Record<string, string>>): (text: string) => string {
  const secrets = Object.entries(headers)
    .filter(([name]) => secretHeaders.includes(name.toLowerCase()))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')])
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[key]'), text);
}
