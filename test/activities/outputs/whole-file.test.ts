import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrokenFileError, checkWhole } from '../../../src/activities/outputs/whole-file.ts';
import { sniffMedia } from '../../../src/http/sniff.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
});
afterAll(() => rm(folder, { recursive: true }));

const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 7919) % 251));
const raw = sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
const box = (name: string, content: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, content]);
};

const files: Record<string, () => Promise<Buffer>> = {
  jpeg: () => raw.clone().jpeg().toBuffer(),
  'progressive jpeg': () => raw.clone().jpeg({ progressive: true }).toBuffer(),
  png: () => raw.clone().png().toBuffer(),
  webp: () => raw.clone().webp().toBuffer(),
  gif: () => raw.clone().gif().toBuffer(),
  avif: () => raw.clone().avif().toBuffer(),
  mp4: async () =>
    Buffer.concat([
      box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1')),
      box('moov', Buffer.alloc(40)),
      box('mdat', Buffer.alloc(900)),
    ]),
  svg: async () =>
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${'<path d="M0 0"/>'.repeat(60)}</svg>\n`),
};

async function check(name: string, bytes: Buffer): ReturnType<typeof checkWhole> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const media = sniffMedia(bytes.subarray(0, 512));
  if (!media) throw new Error(`${name} is no medium`);
  return await checkWhole(path, media);
}

describe.each(Object.entries(files))('%s', (name, make) => {
  it('is whole as it was made', async () => {
    const { width } = await check(name, await make());
    expect(width).toBe(['mp4', 'svg'].includes(name) ? null : 64);
  });

  it.each([0.5, 0.9])('is found broken when only a share of %d of it came', async (share) => {
    const bytes = await make();
    const part = bytes.subarray(0, Math.floor(bytes.length * share));
    await expect(check(`${name} ${share}`, part)).rejects.toThrow(BrokenFileError);
  });
});
