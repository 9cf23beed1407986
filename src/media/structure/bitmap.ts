import type { ByteSource } from '../source.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

/** Compressions with pixels of fixed size: none, and those with masks. */
const plain = new Set([0, 3, 6]);

export async function walkBitmap(source: ByteSource, found: Found): Promise<void> {
  const head = await source.read(0, 54);
  const isCore = head.length >= 26 && head.readUInt32LE(14) === 12;
  if (!isCore && head.length < 54) throw endsWithin('its header');
  const width = isCore ? head.readUInt16LE(18) : head.readInt32LE(18);
  const height = isCore ? head.readUInt16LE(20) : Math.abs(head.readInt32LE(22));
  const depth = head.readUInt16LE(isCore ? 24 : 28);
  const compression = isCore ? 0 : head.readUInt32LE(30);
  found.width = width;
  found.height = height;
  const row = Math.ceil((width * depth) / 32) * 4;
  const size = isCore ? 0 : head.readUInt32LE(34);
  const bytes = plain.has(compression) ? row * height : size;
  if (bytes === 0) found.openEnded = true;
  if (head.readUInt32LE(10) + bytes > source.size) throw endsWithin('its pixels');
}

export async function walkIcon(source: ByteSource, found: Found): Promise<void> {
  const count = (await source.read(4, 2)).readUInt16LE(0);
  const directory = await source.read(6, 16 * count);
  if (directory.length < 16 * count) throw endsWithin('its directory');
  for (let at = 0; at < directory.length; at += 16) {
    // 0 means 256.
    const width = directory[at] || 256;
    if (width > (found.width ?? 0)) {
      found.width = width;
      found.height = directory[at + 1] || 256;
    }
    const bytes = directory.readUInt32LE(at + 8);
    if (bytes === 0) throw new Damage('it names an icon without data');
    if (directory.readUInt32LE(at + 12) + bytes > source.size) throw endsWithin('an icon');
  }
}
