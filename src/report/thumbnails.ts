import { readdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sniffFile } from '../media/source.ts';
import type { Blobs } from '../storage/blobs.ts';
import { temporaryBeside } from '../storage/atomic-file.ts';
import { ownFolder } from '../storage/out-files.ts';

const longSide = 320;
/** Maximum number of pixels of an image: a larger one needs too much memory. */
export const pixelsMax = 200_000_000;
const parallel = 2;

export interface Image {
  readonly sha256: string;
  readonly mime: string;
}

/**
 * Makes `_thumbs/<sha>.webp` in the batch's folder for each image without one. Returns the hashes
 * of images that have one. Videos, unreadable files and SVGs have none; an SVG is never rendered,
 * since it may hold anything. The contact sheet shows their kind instead.
 */
export async function makeThumbnails(
  batchFolder: string,
  images: readonly Image[],
  blobs: Blobs,
): Promise<ReadonlySet<string>> {
  const folder = await ownFolder(await realpath(batchFolder), '_thumbs');
  const there = new Set(await readdir(folder));
  const done = new Set<string>();
  const queue = images.values();
  const work = async (): Promise<void> => {
    for (const { sha256, mime } of queue) {
      if (done.has(sha256) || !mime.startsWith('image/') || mime === 'image/svg+xml') continue;
      const name = `${sha256}.webp`;
      if (there.has(name) || (await shrink(sha256, join(folder, name), blobs))) done.add(sha256);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return done;
}

/** @returns false when the image cannot be read; the sheet works without it */
async function shrink(sha256: string, target: string, blobs: Blobs): Promise<boolean> {
  const temporary = temporaryBeside(target);
  // Loaded late: most commands make no thumbnail, and this would be their heaviest module.
  const { default: sharp } = await import('sharp');
  try {
    const path = await blobs.path(sha256);
    // The decoder would render an SVG regardless of its declared type.
    if ((await sniffFile(path))?.kind !== 'image') return false;
    await sharp(path, { limitInputPixels: pixelsMax })
      .rotate()
      .resize({ width: longSide, height: longSide, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 76 })
      .toFile(temporary);
    await rename(temporary, target);
    return true;
  } catch {
    await rm(temporary, { force: true });
    return false;
  }
}
