import { open } from 'node:fs/promises';
import sharp from 'sharp';
import type { Media } from '../../http/sniff.ts';

/** The file breaks off before its end. */
export class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError';
}

/** Far above any model's pictures; a picture beyond it would take gigabytes to look at. */
export const pixelsMax = 400_000_000;
const undecodable: ReadonlySet<string> = new Set(['image/heic']);

/**
 * Reads a file to its end by its own format, since neither a status nor a length tells that all of it came.
 * @returns the size of a picture in pixels
 * @throws BrokenFileError
 */
export async function checkWhole(
  path: string,
  media: Media,
): Promise<{ width: number | null; height: number | null }> {
  if (media.kind === 'image' && !undecodable.has(media.mime)) return await decode(path);
  if (['video/mp4', 'video/quicktime', 'image/heic'].includes(media.mime)) await walkBoxes(path);
  if (media.kind === 'vector') await findEnd(path, '</svg>');
  return { width: null, height: null };
}

async function decode(path: string): Promise<{ width: number; height: number }> {
  const picture = sharp(path, {
    failOn: 'truncated',
    limitInputPixels: pixelsMax,
    sequentialRead: true,
  });
  try {
    const { width, height } = await picture.metadata();
    // So small that a decoder may take short cuts, but never around the end of the file.
    await picture.resize(8, 8, { fit: 'fill' }).raw().toBuffer();
    return { width, height };
  } catch (error) {
    throw new BrokenFileError('the picture breaks off or cannot be read', { cause: error });
  }
}

/** The boxes of an ISO base media file follow one another to the very end. */
async function walkBoxes(path: string): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  for (let at = 0; at < size;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, at);
    if (bytesRead < 8) throw new BrokenFileError('the file ends within a box');
    const short = buffer.readUInt32BE(0);
    // 0: to the end of the file. 1: the size follows in eight bytes.
    if (short === 0) return;
    const length = short === 1 && bytesRead === 16 ? Number(buffer.readBigUInt64BE(8)) : short;
    if (length < 8 || at + length > size) throw new BrokenFileError('the file ends within a box');
    at += length;
  }
}

async function findEnd(path: string, end: string): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, Math.max(0, size - 256));
  if (!buffer.subarray(0, bytesRead).toString('latin1').includes(end))
    throw new BrokenFileError(`the file does not end with ${end}`);
}
