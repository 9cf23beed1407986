import { Cursor, type ByteSource } from '../source.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

const ids = {
  segment: 0x18538067,
  tracks: 0x1654ae6b,
  cluster: 0x1f43b675,
} as const;

interface Element {
  readonly id: number;
  /** Start of its content. */
  readonly from: number;
  /** Undefined: no length. It ends before the first element that cannot be inside it. */
  readonly to: number | undefined;
}

/** A header, then a segment. Its elements end with the segment, or with the file if it has no length. */
export async function walkEbml(source: ByteSource, found: Found): Promise<void> {
  const cursor = new Cursor(source);
  const header = await elementAt(cursor);
  if (header?.to === undefined) throw new Damage('its header has no length');
  cursor.at = header.to;
  const segment = await elementAt(cursor);
  if (segment?.id !== ids.segment) throw new Damage('it holds no segment');
  const end = segment.to ?? source.size;
  if (end > source.size) throw endsWithin('its segment');
  if (segment.to === undefined) found.openEnded = true;
  cursor.at = segment.from;
  const seen = await idsIn(cursor, end);
  if (!seen.has(ids.tracks)) throw new Damage('it holds no track');
  if (!seen.has(ids.cluster)) throw new Damage('it holds no media (cluster)');
}

/**
 * The ids of the elements of a segment. They include the inner elements of a cluster without a length,
 * which does no harm. Data that is no element ends a complete segment.
 */
async function idsIn(cursor: Cursor, end: number): Promise<ReadonlySet<number>> {
  const seen = new Set<number>();
  while (cursor.at < end) {
    const isComplete = seen.has(ids.tracks) && seen.has(ids.cluster);
    const element = await elementAt(cursor);
    if (element === undefined && isComplete) return seen;
    if (element === undefined) throw new Damage('it holds something that is no element');
    seen.add(element.id);
    if (element.to !== undefined && element.to > end) throw endsWithin('one of its elements');
    cursor.at = element.to ?? element.from;
  }
  return seen;
}

/** Undefined for data that cannot be an element. */
async function elementAt(cursor: Cursor): Promise<Element | undefined> {
  const head = await cursor.peek(12);
  const idBytes = Math.clz32(head[0] ?? 0) - 23;
  if (head.length > 0 && idBytes > 4) return undefined;
  const sizeBytes = Math.clz32(head[idBytes] ?? 0) - 23;
  if (head.length < idBytes + sizeBytes || head.length === 0) throw endsWithin('an element');
  if (sizeBytes > 8) return undefined;
  const from = cursor.at + idBytes + sizeBytes;
  const { size, isKnown } = sizeIn(head.subarray(idBytes, idBytes + sizeBytes));
  const id = head.readUIntBE(0, idBytes);
  return { id, from, to: isKnown ? from + size : undefined };
}

/** All bits set means an unknown length. */
function sizeIn(bytes: Buffer): { size: number; isKnown: boolean } {
  const first = (bytes[0] ?? 0) & (0xff >> bytes.length);
  let size = first;
  let isKnown = first !== 0xff >> bytes.length;
  for (const byte of bytes.subarray(1)) {
    size = size * 256 + byte;
    isKnown ||= byte !== 0xff;
  }
  return { size, isKnown };
}
