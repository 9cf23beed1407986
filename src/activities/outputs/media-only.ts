import { awaitsMore, headBytes, sniffMedia } from '../../media/sniff.ts';
import { svgBytesMax } from '../../media/structure/svg.ts';
import { isText, textOf } from '../../media/text.ts';
import { rootOf } from '../../media/xml-root.ts';

/**
 * Limit for a pixel image, or binary data of unknown kind. A video may be as large as its download
 * allows.
 */
export const imageBytesMax = 512 * 1024 * 1024;

/** The bytes are neither image nor video, usually an error page; or the image exceeds its size limit. */
export class NotMediaError extends Error {
  override readonly name = 'NotMediaError';
}

/** Kinds accepted besides images and videos. */
export interface AlsoTaken {
  /** The model makes text. */
  readonly text?: boolean;
  /** Binary data of unknown kind. */
  readonly unknown?: boolean;
}

/** Passes the bytes on, and stops the download as soon as they prove to be of an unwanted kind. */
export async function* mediaOnly(
  stream: AsyncIterable<Uint8Array>,
  also: AlsoTaken = {},
): AsyncGenerator<Uint8Array> {
  let received = 0;
  let bytesMax: number | undefined;
  let waiting: Uint8Array[] = [];
  // Examine the head only a few times, even if it arrives in tiny pieces.
  let lookAt = headBytes;
  for await (const chunk of stream) {
    received += chunk.length;
    if (bytesMax !== undefined) yield chunk;
    else {
      waiting.push(chunk);
      if (received < lookAt) continue;
      const head = Buffer.concat(waiting);
      if (awaitsMore(head)) {
        lookAt = Math.max(2 * lookAt, received);
        continue;
      }
      bytesMax = limitOf(head, also);
      waiting = [];
      yield head;
    }
    if (received > bytesMax) throw new NotMediaError(`the file is larger than ${bytesMax} bytes`);
  }
  if (bytesMax !== undefined) return;
  const whole = Buffer.concat(waiting);
  limitOf(whole, also);
  yield whole;
}

/** @throws NotMediaError */
function limitOf(head: Uint8Array, also: AlsoTaken): number {
  const media = sniffMedia(head);
  if (media) {
    if (media.kind === 'video') return Infinity;
    return media.kind === 'vector' ? svgBytesMax : imageBytesMax;
  }
  if (head.length === 0) throw new NotMediaError('the answer is empty');
  const isWords = isText(head.subarray(0, headBytes));
  if (isWords && also.text) {
    const why = messageIn(textOf(head));
    if (why === undefined) return svgBytesMax;
    throw new NotMediaError(`the answer is ${why}, which is no text that a model made`);
  }
  if (!isWords && also.unknown) return imageBytesMax;
  throw new NotMediaError('the answer is neither image nor video');
}

/** Kind of a server message that came instead of the file; undefined: the text may be a model's. */
function messageIn(text: string): string | undefined {
  const root = rootOf(text);
  if (root.kind === 'root') return /^html$/i.test(root.name) ? 'a web page' : 'XML';
  if (/^\s*\{/.test(text) && /"(error|errors|errorMessage|error_message)"\s*:/.test(text))
    return 'an error in JSON';
  return undefined;
}
