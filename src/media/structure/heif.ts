import type { ByteSource } from '../source.ts';
import { type Box, walkBoxes } from './boxes.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

/** A still image, or an image sequence, which is a movie. */
export async function walkHeif(source: ByteSource, found: Found): Promise<void> {
  const seen = new Set<string>();
  const visit = async (box: Box): Promise<void> => {
    seen.add(box.type);
    if (box.type === 'meta') await readMeta(source, box, found);
  };
  const isComplete = (): boolean => seen.has('meta') || (seen.has('moov') && seen.has('mdat'));
  await walkBoxes(source, found, visit, isComplete);
  if (!isComplete()) throw new Damage('it holds no image');
}

const metaBytesMax = 16 * 1024 * 1024;

async function readMeta(source: ByteSource, { from, to }: Box, found: Found): Promise<void> {
  if (to - from > metaBytesMax) throw new Damage('the list of its items is too long');
  const meta = await source.read(from, to - from);
  for (const { type, content } of boxesIn(meta.subarray(4))) {
    if (type === 'iloc') checkItems(content, source.size);
    if (type === 'iprp')
      for (const box of boxesIn(content)) if (box.type === 'ipco') measure(box.content, found);
  }
}

/** The largest item is the image; the rest are tiles and thumbnails. A crop (`clap`) sets the shown size. */
function measure(properties: Buffer, found: Found): void {
  let [width, height] = [0, 0];
  let shown: readonly [number, number] | undefined;
  for (const { type, content } of boxesIn(properties)) {
    const at = (index: number): number => content.readUInt32BE(4 * index);
    if (type === 'ispe' && content.length >= 12 && at(1) * at(2) > width * height)
      [width, height] = [at(1), at(2)];
    if (type === 'clap' && content.length >= 16 && at(1) > 0 && at(3) > 0)
      shown = [Math.round(at(0) / at(1)), Math.round(at(2) / at(3))];
  }
  if (width * height > 0) [found.width, found.height] = shown ?? [width, height];
}

function* boxesIn(bytes: Buffer): Generator<{ type: string; content: Buffer }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const end = length === 0 ? bytes.length : at + length;
    if (end < at + 8 || end > bytes.length) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, end) };
    at = end;
  }
}

/** Checks that every extent stored in the file ends inside it. */
function checkItems(bytes: Buffer, fileBytes: number): void {
  const version = bytes[0] ?? 0;
  const sizes = bytes.readUInt16BE(4);
  const [offset, length, base] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const index = version === 0 ? 0 : sizes & 15;
  let at = version < 2 ? 8 : 10;
  const take = (width: number): number => {
    if (at + width > bytes.length) throw endsWithin('the list of its items');
    let value = 0;
    for (const end = at + width; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
    return value;
  };
  const items = version < 2 ? bytes.readUInt16BE(6) : bytes.readUInt32BE(6);
  for (let item = 0; item < items; item++) {
    take(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : take(2) & 15;
    take(2);
    const start = take(base);
    const extents = take(2);
    for (let extent = 0; extent < extents; extent++) {
      take(index);
      const end = start + take(offset) + take(length);
      if (method === 0 && end > fileBytes) throw endsWithin('an item of its image');
    }
  }
}
