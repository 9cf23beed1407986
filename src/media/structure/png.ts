import { crc32 } from 'node:zlib';
import { Cursor, type ByteSource } from '../source.ts';
import { Damage, endsBefore, endsWithin, type Found } from './damage.ts';

const checkedBytes = 256 * 1024;

/** Reads chunk by chunk to `IEND`, and verifies the checksums of critical chunks. */
export async function walkPng(source: ByteSource, found: Found): Promise<void> {
  const cursor = new Cursor(source, 8);
  let hasImage = false;
  for (;;) {
    const head = await cursor.peek(16);
    if (head.length < 8) throw endsBefore('its last chunk (IEND)');
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, 8);
    if (!/^[A-Za-z]{4}$/.test(type)) throw new Damage('it holds something that is no chunk');
    if (length + 12 > cursor.left) throw endsWithin(`its chunk ${type}`);
    if (type === 'IHDR' && head.length === 16) {
      found.width = head.readUInt32BE(8);
      found.height = head.readUInt32BE(12);
    }
    const isCritical = type.charCodeAt(0) < 0x61;
    if (isCritical && !(await isSound(cursor, length)))
      throw new Damage(`the checksum of its chunk ${type} is wrong`);
    cursor.at += length + 12;
    hasImage ||= type === 'IDAT';
    if (type === 'IEND') break;
  }
  if (!hasImage) throw new Damage('it holds no image data');
}

async function isSound(cursor: Cursor, length: number): Promise<boolean> {
  const walk = new Cursor(cursor.source, cursor.at + 4);
  let sum = 0;
  for (let left = length + 4; left > 0;) {
    const bytes = await walk.take(Math.min(left, checkedBytes));
    sum = crc32(bytes, sum);
    left -= bytes.length;
  }
  return sum === (await walk.take(4)).readUInt32BE(0);
}
