const utf8Bom = [0xef, 0xbb, 0xbf];
const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, index) => bytes[index] === byte);

/** The encoding of an XML text: from its byte order mark, the bytes of `<`, or its declaration. */
function encodingOf(bytes: Uint8Array): string {
  if (startsWith(bytes, utf8Bom)) return 'utf-8';
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0x3c, 0])) return 'utf-16le';
  if (startsWith(bytes, [0xfe, 0xff]) || startsWith(bytes, [0, 0x3c])) return 'utf-16be';
  const declaration = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const [, declared = 'utf-8'] =
    /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(declaration) ?? [];
  // A declaration of UTF-16 that is readable as bytes is not in UTF-16.
  return /^utf-?(16|32)/i.test(declared) ? 'utf-8' : declared;
}

/** The text, without its byte order mark; unreadable characters are replaced. */
export function textOf(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    // Its tags are in ASCII anyway.
    return new TextDecoder('latin1').decode(bytes);
  }
}

/** Whether bytes, or the start of a file, are text of any encoding. */
export function isText(bytes: Uint8Array): boolean {
  const encoding = encodingOf(bytes);
  if (!encoding.startsWith('utf-16'))
    return !hasControl(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const text = textOf(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const plain = text.match(/[\t\n\r -~]/g)?.length ?? 0;
  // The last character may be cut off.
  return text.slice(0, -1).isWellFormed() && !text.includes('\0') && plain * 4 >= text.length;
}

/** Whether there is a control character that does not occur in text. */
function hasControl(bytes: Buffer): boolean {
  return bytes.some((byte) => byte < 0x20 && !textControls.has(byte));
}

/** Tab, line feed, vertical tab, form feed, carriage return, escape. */
const textControls: ReadonlySet<number> = new Set([9, 10, 11, 12, 13, 27]);
