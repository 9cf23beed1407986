import type { ByteSource } from '../source.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

/** Maximum directories of a file, and strips or tiles of all of them: far more than any image has. */
const directoriesMax = 1_000;
const partsMax = 1_000_000;

const tag = {
  width: 256,
  height: 257,
  strips: [273, 279],
  tiles: [324, 325],
  jpeg: [513, 514],
} as const;
/** Bytes of one value, by type. Values are read as integers. */
const typeBytes: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4 },
  ...{ 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};

/** Reads numbers in the byte order of one file. */
class Reader {
  readonly source: ByteSource;
  readonly isBig: boolean;
  readonly #isLittle: boolean;
  #parts = 0;

  constructor(source: ByteSource, head: Buffer) {
    this.source = source;
    this.#isLittle = head[0] === 0x49;
    this.isBig = head.includes(0x2b);
  }

  number(bytes: Buffer, at: number, width: number): number {
    const part = bytes.subarray(at, at + width);
    if (part.length < width) throw endsWithin('a directory');
    if (width === 8)
      return Number(this.#isLittle ? part.readBigUInt64LE(0) : part.readBigUInt64BE(0));
    return this.#isLittle ? part.readUIntLE(0, width) : part.readUIntBE(0, width);
  }

  /** Counts the values of all lists, to limit the time for them. */
  count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > partsMax) throw new Damage(`it holds more than ${partsMax} parts`);
  }

  async at(place: number, width: number): Promise<number> {
    return this.number(await this.source.read(place, width), 0, width);
  }
}

export async function walkTiff(source: ByteSource, found: Found): Promise<void> {
  const reader = new Reader(source, await source.read(0, 4));
  const wide = reader.isBig ? 8 : 4;
  let next = await reader.at(reader.isBig ? 8 : 4, wide);
  if (next === 0) throw new Damage('it holds no image');
  const seen = new Set<number>();
  while (next !== 0 && !seen.has(next)) {
    seen.add(next);
    if (seen.size > directoriesMax)
      throw new Damage(`it holds more than ${directoriesMax} directories`);
    next = await walkDirectory(reader, next, found);
  }
}

/** @returns the offset of the next directory; 0: this was the last */
async function walkDirectory(reader: Reader, at: number, found: Found): Promise<number> {
  const wide = reader.isBig ? 8 : 4;
  const entryBytes = reader.isBig ? 20 : 12;
  const countBytes = reader.isBig ? 8 : 2;
  const count = await reader.at(at, countBytes);
  if (at + countBytes + count * entryBytes + wide > reader.source.size)
    throw endsWithin('a directory');
  const entries = await reader.source.read(at + countBytes, count * entryBytes);
  const numbers = new Map<number, readonly number[]>();
  for (let start = 0; start < entries.length; start += entryBytes) {
    const name = reader.number(entries, start, 2);
    const values = valuesAt(reader, entries, start);
    if (wanted.has(name)) numbers.set(name, await valuesOf(reader, values));
  }
  found.width ??= numbers.get(tag.width)?.[0] ?? null;
  found.height ??= numbers.get(tag.height)?.[0] ?? null;
  for (const [offsets, lengths] of [tag.strips, tag.tiles, tag.jpeg])
    checkParts(reader.source, numbers.get(offsets), numbers.get(lengths));
  return await reader.at(at + countBytes + count * entryBytes, wide);
}

const wanted = new Set<number>([
  ...[tag.width, tag.height],
  ...[...tag.strips, ...tag.tiles, ...tag.jpeg],
]);

interface Values {
  readonly width: number;
  readonly count: number;
  /** Values that fit into their entry; undefined: they are at `place`. */
  readonly here: Buffer | undefined;
  readonly place: number;
}

/** The location of the values of an entry. Checks that it is inside the file. */
function valuesAt(reader: Reader, entries: Buffer, start: number): Values {
  const wide = reader.isBig ? 8 : 4;
  const width = typeBytes[reader.number(entries, start + 2, 2)] ?? 0;
  const count = reader.number(entries, start + 4, wide);
  const at = start + 4 + wide;
  if (width * count <= wide)
    return { width, count, here: entries.subarray(at, at + wide), place: 0 };
  const place = reader.number(entries, at, wide);
  if (place + width * count > reader.source.size) throw endsWithin('a directory');
  return { width, count, here: undefined, place };
}

async function valuesOf(reader: Reader, { width, count, here, place }: Values): Promise<number[]> {
  if (width === 0) return [];
  reader.count(count);
  const bytes = here ?? (await reader.source.read(place, width * count));
  return Array.from({ length: count }, (_, index) => reader.number(bytes, index * width, width));
}

function checkParts(
  { size }: ByteSource,
  offsets: readonly number[] = [],
  lengths: readonly number[] = [],
): void {
  for (const [index, offset] of offsets.entries())
    if (offset + (lengths[index] ?? 0) > size) throw endsWithin('its pixels');
}
