const dataUrl = /^data:([^;,]*)((?:;[^;,]*)*),(.*)$/is;

export function isDataUrl(url: string): boolean {
  return /^data:/i.test(url);
}

/**
 * Decodes a `data:` URL, without any network.
 * @throws Error when it is not well formed
 */
export function dataOf(url: string): { readonly mime: string; readonly bytes: Uint8Array } {
  const [, mime, parameters = '', data = ''] = dataUrl.exec(url) ?? [];
  if (mime === undefined) throw new Error('the answer is not a data URL that can be read');
  const isBase64 = /;\s*base64$/i.test(parameters);
  const bytes = isBase64 ? Buffer.from(data, 'base64') : Buffer.from(decodeURIComponent(data));
  return { mime: mime.toLowerCase() || 'text/plain', bytes };
}
