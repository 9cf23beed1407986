import { sniffMedia } from '../../http/sniff.ts';

/** A picture or a drawing. Films may be as large as their download allows. */
export const imageBytesMax = 50 * 1024 * 1024;
/** Enough to tell what a file is. */
const headBytes = 512;

/** The bytes are no picture or film, usually an error page; or a picture beyond all measure. */
export class NotMediaError extends Error {
  override readonly name = 'NotMediaError';
}

/** Passes the bytes on, and ends the download as soon as they turn out not to be what was asked for. */
export async function* mediaOnly(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let received = 0;
  let head: Uint8Array = new Uint8Array();
  let isFilm = false;
  for await (const chunk of stream) {
    received += chunk.length;
    if (head.length < headBytes) {
      // However small the pieces are in which the beginning drips in.
      head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
      if (head.length >= headBytes) isFilm = kindOf(head) === 'video';
    }
    if (!isFilm && received > imageBytesMax)
      throw new NotMediaError(`the picture is larger than ${imageBytesMax} bytes`);
    yield chunk;
  }
  if (head.length < headBytes) kindOf(head);
}

function kindOf(head: Uint8Array): string {
  const media = sniffMedia(head);
  if (media) return media.kind;
  throw new NotMediaError('the answer is neither picture nor film');
}
