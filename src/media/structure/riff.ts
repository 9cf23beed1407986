import type { ByteSource } from '../source.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

interface Chunk {
  readonly id: string;
  /** Start of its content, and its declared length. */
  readonly at: number;
  readonly length: number;
}

/** The chunks between two offsets; their contents are padded to an even length. */
async function* chunksIn(source: ByteSource, from: number, to: number): AsyncGenerator<Chunk> {
  for (let at = from; at + 8 <= to;) {
    const head = await source.read(at, 8);
    const length = head.readUInt32LE(4);
    yield { id: head.toString('latin1', 0, 4), at: at + 8, length };
    at += 8 + length + (length % 2);
  }
}

export async function walkWebp(source: ByteSource, found: Found): Promise<void> {
  const length = (await source.read(4, 4)).readUInt32LE(0);
  if (8 + length > source.size) throw endsWithin('its data');
  let hasImage = false;
  for await (const chunk of chunksIn(source, 12, Math.min(source.size, 8 + length))) {
    if (chunk.at + chunk.length > source.size) throw endsWithin(`its chunk ${chunk.id.trim()}`);
    hasImage ||= ['VP8 ', 'VP8L', 'ANMF'].includes(chunk.id);
    if (found.width === null) await measureWebp(source, chunk, found);
  }
  if (!hasImage) throw new Damage('it holds no image data');
}

async function measureWebp(source: ByteSource, { id, at }: Chunk, found: Found): Promise<void> {
  const head = await source.read(at, 10);
  if (head.length < 10) return;
  if (id === 'VP8X') {
    found.width = head.readUIntLE(4, 3) + 1;
    found.height = head.readUIntLE(7, 3) + 1;
  } else if (id === 'VP8L') {
    const bits = head.readUInt32LE(1);
    found.width = (bits & 0x3fff) + 1;
    found.height = ((bits >>> 14) & 0x3fff) + 1;
  } else if (id === 'VP8 ') {
    found.width = head.readUInt16LE(6) & 0x3fff;
    found.height = head.readUInt16LE(8) & 0x3fff;
  }
}

/** One RIFF, or several if the file is longer than a gigabyte. */
export async function walkAvi(source: ByteSource, found: Found): Promise<void> {
  let hasMedia = false;
  for (let at = 0; at + 12 <= source.size;) {
    const head = await source.read(at, 12);
    if (head.toString('latin1', 0, 4) !== 'RIFF') break;
    const length = head.readUInt32LE(4);
    // A writer that cannot seek back leaves the length out.
    const isOpen = length === 0 || length === 0xffff_ffff;
    found.openEnded ||= isOpen;
    const end = isOpen ? source.size : at + 8 + length;
    if (end > source.size) throw endsWithin('its data');
    hasMedia ||= await hasMovie(source, at + 12, end);
    at = end + (length % 2);
  }
  if (!hasMedia) throw new Damage('it holds no media (movi)');
}

async function hasMovie(source: ByteSource, from: number, to: number): Promise<boolean> {
  for await (const { id, at } of chunksIn(source, from, Math.min(to, source.size)))
    if (id === 'LIST' && (await source.read(at, 4)).toString('latin1') === 'movi') return true;
  return false;
}
