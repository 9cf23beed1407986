import { peek, unpacked, unpackedBytes } from '../../http/encoding.ts';
import { examine } from '../../media/examine.ts';
import { plainText, unknownMime } from '../../media/kinds.ts';
import { awaitsMore, headBytes, sniffMedia } from '../../media/sniff.ts';
import { fileSource, headOf, type ByteSource } from '../../media/source.ts';
import { isText } from '../../media/text.ts';
import type { Blobs } from '../../storage/blobs.ts';
import { mediaOnly } from './media-only.ts';

/** Any output; images have a lower limit. */
export const outputBytesMax = 2 * 1024 * 1024 * 1024;

/** A file in the blob store, and its properties. */
export interface KeptFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly mime: string;
  /** Pixels, for an image. */
  readonly width: number | null;
  readonly height: number | null;
  /** Reason why it is not a whole or known file; null: it is a whole file. */
  readonly damage: string | null;
}

export interface Delivery {
  /** The transfer gives the end of the file, by its length or in chunks, and reached it. */
  readonly isDelimited: boolean;
  /** The model makes text. */
  readonly text: boolean;
  /** False: a compressed file stays compressed. */
  readonly unpack?: boolean;
}

/**
 * Stores a file in the blob store and examines its bytes. A damaged file, or one of unknown kind,
 * is stored too, with the reason in `damage`.
 * @throws NotMediaError if it is no file at all; EncodingError; any error of the stream
 */
export async function keepFile(
  blobs: Blobs,
  stream: AsyncIterable<Uint8Array>,
  delivery: Delivery,
): Promise<KeptFile> {
  const file = delivery.unpack === false ? stream : await withoutGzip(stream);
  const taken = mediaOnly(file, { text: delivery.text, unknown: true });
  const { sha256, bytes } = await blobs.putStream(taken, { maxBytes: outputBytesMax });
  await using source = await fileSource(await blobs.path(sha256));
  return { sha256, bytes, ...(await judge(source, delivery)) };
}

async function judge(
  source: ByteSource,
  { isDelimited, text }: Delivery,
): Promise<Omit<KeptFile, 'sha256' | 'bytes'>> {
  const head = await headOf(source);
  const media = sniffMedia(head) ?? (text && isText(head) ? plainText : undefined);
  if (!media) {
    const damage = 'it is of no kind that is known here';
    return { mime: unknownMime, width: null, height: null, damage };
  }
  const { width, height, openEnded, damage } = await examine(source, media);
  const doubt = openEnded && !isDelimited ? 'nothing tells where it ends' : null;
  return { mime: media.mime, width, height, damage: damage ?? doubt };
}

/** Unpacks files that were stored compressed and come without a header for it, mostly SVG. */
async function withoutGzip(stream: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const { head, whole } = await peek(stream, headBytes);
  return holdsMedia(head) ? unpacked(whole, ['gzip']) : whole;
}

const peekedBytesMax = 8 * 1024 * 1024;

function holdsMedia(head: Uint8Array): boolean {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return false;
  try {
    const limits = { maxBytes: peekedBytesMax, isCut: true };
    const inside = unpackedBytes(Buffer.from(head.subarray(0, headBytes)), ['gzip'], limits);
    return sniffMedia(inside) !== undefined || awaitsMore(inside.subarray(0, headBytes));
  } catch {
    return false;
  }
}
