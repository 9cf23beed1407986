import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepFile, type KeptFile } from '../../../src/activities/outputs/keep-file.ts';
import { NotMediaError } from '../../../src/activities/outputs/media-only.ts';
import { extensionOf } from '../../../src/media/kinds.ts';
import { type Blobs } from '../../../src/storage/blobs.ts';
import { folderBlobs } from '../../../src/storage/folder-blobs.ts';
import { type DeliveredFile, deliveredFiles } from './delivered/index.ts';

let folder: string;
let blobs: Blobs;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-kept-'));
  blobs = folderBlobs(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** In pieces, as a network brings them. */
async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function take(file: DeliveredFile, pieceBytes = 1_500): Promise<KeptFile> {
  const delivery = { isDelimited: !file.endless, text: file.text ?? false };
  return await keepFile(blobs, pieces(await file.make(), pieceBytes), delivery);
}

const of = (becomes: DeliveredFile['becomes']): [string, DeliveredFile][] =>
  deliveredFiles.filter((file) => file.becomes === becomes).map((file) => [file.file, file]);

describe('what is kept', () => {
  it.each(of('kept'))('%s', async (_, file) => {
    const { mime, width, height, damage } = await take(file);
    expect([extensionOf(mime), damage]).toEqual([file.ext, null]);
    if (file.size) expect([width, height]).toEqual(file.size);
  });
});

describe('what is kept and marked, once it has come twice', () => {
  it.each(of('damaged'))('%s', async (_, file) => {
    const { mime, width, height, damage } = await take(file);
    expect([extensionOf(mime) ?? 'bin', damage]).toEqual([file.ext, file.why]);
    if (file.size) expect([width, height]).toEqual(file.size);
  });
});

describe('what is no file at all', () => {
  it.each(of('refused'))('%s', async (_, file) => {
    await expect(take(file)).rejects.toThrow(NotMediaError);
    await expect(take(file)).rejects.toThrow(file.why);
  });
});

describe('a file', () => {
  it('is recognised by its first bytes however small the pieces are in which they come', async () => {
    const [first, second] = of('kept').map(([, file]) => file);
    if (!first || !second) throw new Error('there are no files');
    for (const pieceBytes of [1, 7, 1_000_000])
      expect(await take(first, pieceBytes)).toEqual(await take(first));
  });

  it('has the size that a decoder finds, and can be decoded', async () => {
    const decoded = new Set(['jpg', 'png', 'gif', 'webp', 'avif', 'tif']);
    for (const [name, file] of of('kept').filter(([, { ext = '' }]) => decoded.has(ext))) {
      const bytes = await file.make();
      const { width, height } = await sharp(bytes).metadata();
      const kept = await take(file);
      expect([name, kept.width, kept.height]).toEqual([name, width, height]);
      await sharp(bytes, { failOn: 'truncated' }).raw().toBuffer();
    }
  });

  it('of every known kind is among these, whole and not', () => {
    const extensions = (becomes: DeliveredFile['becomes']) =>
      new Set(of(becomes).map(([, { ext = '' }]) => ext));
    expect(deliveredFiles.length).toBeGreaterThanOrEqual(60);
    expect(new Set(deliveredFiles.map(({ file }) => file)).size).toBe(deliveredFiles.length);
    expect(extensions('damaged').difference(new Set(['bin']))).toEqual(extensions('kept'));
  });
});
