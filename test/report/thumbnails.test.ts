import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeThumbnails } from '../../src/report/thumbnails.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-thumbs-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('makeThumbnails', () => {
  it('shrinks images once and passes over what it cannot show', async () => {
    const blobs = folderBlobs(join(folder, 'blobs'));
    const background = { r: 200, g: 90, b: 40 };
    const image = await sharp({ create: { width: 900, height: 600, channels: 3, background } })
      .png()
      .toBuffer();
    const good = { sha256: await blobs.put(image), mime: 'image/png' };
    const broken = { sha256: await blobs.put(image.subarray(0, 60)), mime: 'image/png' };
    const missing = { sha256: 'a'.repeat(64), mime: 'image/png' };
    const video = { sha256: await blobs.put(Buffer.from('video')), mime: 'video/mp4' };
    const vector = { sha256: await blobs.put(Buffer.from('<svg/>')), mime: 'image/svg+xml' };

    const made = await makeThumbnails(folder, [good, good, broken, missing, video, vector], blobs);
    expect([...made]).toEqual([good.sha256]);
    const thumbs = join(folder, '_thumbs');
    expect(await readdir(thumbs)).toEqual([`${good.sha256}.webp`]);
    const path = join(thumbs, `${good.sha256}.webp`);
    expect(await sharp(path).metadata()).toMatchObject({ format: 'webp', width: 320, height: 213 });

    const before = (await stat(path)).mtimeMs;
    expect([...(await makeThumbnails(folder, [good], blobs))]).toEqual([good.sha256]);
    expect((await stat(path)).mtimeMs).toBe(before);
  });
});
