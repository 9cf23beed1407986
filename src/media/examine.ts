import type { Media } from './kinds.ts';
import * as kinds from './kinds.ts';
import type { ByteSource } from './source.ts';
import { walkBitmap, walkIcon } from './structure/bitmap.ts';
import { Damage, type Found } from './structure/damage.ts';
import { walkEbml } from './structure/ebml.ts';
import { walkGif } from './structure/gif.ts';
import { walkHeif } from './structure/heif.ts';
import { walkJpeg } from './structure/jpeg.ts';
import { walkJpeg2000, walkJpegXl } from './structure/later-jpeg.ts';
import { walkMovie } from './structure/movie.ts';
import { walkPng } from './structure/png.ts';
import { walkAvi, walkWebp } from './structure/riff.ts';
import { walkSvg } from './structure/svg.ts';
import { walkTiff } from './structure/tiff.ts';

/** The result of a check of a file's structure. */
export interface Examined extends Readonly<Found> {
  /** Why it is not whole, or must not be opened; null: whole, as far as its format shows. */
  readonly damage: string | null;
}

/** Far above any model's images. A larger image would take gigabytes to display. */
export const pixelsMax = 400_000_000;

type Walk = (source: ByteSource, found: Found) => Promise<void>;

const walks = new Map<string, Walk>([
  [kinds.jpeg.mime, walkJpeg],
  [kinds.png.mime, walkPng],
  [kinds.gif.mime, walkGif],
  [kinds.webp.mime, walkWebp],
  [kinds.avif.mime, walkHeif],
  [kinds.heic.mime, walkHeif],
  [kinds.jxl.mime, walkJpegXl],
  [kinds.jp2.mime, walkJpeg2000],
  [kinds.tiff.mime, walkTiff],
  [kinds.bmp.mime, walkBitmap],
  [kinds.ico.mime, walkIcon],
  [kinds.svg.mime, walkSvg],
  [kinds.mp4.mime, walkMovie],
  [kinds.mov.mime, walkMovie],
  [kinds.webm.mime, walkEbml],
  [kinds.matroska.mime, walkEbml],
  [kinds.avi.mime, walkAvi],
]);

/**
 * Checks the structure of a file by its format: neither status nor length proves that it is complete.
 * Nothing is decoded. Markers, chunks and boxes prove the end in every format with a defined end.
 */
export async function examine(source: ByteSource, { mime }: Media): Promise<Examined> {
  const walk = walks.get(mime);
  const found: Found = { width: null, height: null, openEnded: walk === undefined };
  try {
    await walk?.(source, found);
    return { ...found, damage: sizeProblem(found) };
  } catch (error) {
    // A truncated header causes a read past the end of the file.
    if (error instanceof RangeError) return { ...found, damage: 'the file ends within its header' };
    if (error instanceof Damage) return { ...found, damage: error.message };
    throw error;
  }
}

function sizeProblem({ width, height }: Found): string | null {
  if (width === null || height === null) return null;
  if (width < 1 || height < 1) return `it says that it has ${width} x ${height} pixels`;
  if (width * height <= pixelsMax) return null;
  return `it has ${width} x ${height} pixels, more than anything here opens`;
}
