import { Cursor, type ByteSource } from '../source.ts';
import { Damage, endsWithin, type Found } from './damage.ts';

export interface Box {
  readonly type: string;
  readonly at: number;
  /** Start and end of its content. */
  readonly from: number;
  readonly to: number;
}

const known = new Set([
  ...['ftyp', 'styp', 'moov', 'mdat', 'moof', 'mfra', 'meta', 'free', 'skip', 'wide', 'pnot'],
  ...['udta', 'uuid', 'sidx', 'ssix', 'prft', 'emsg', 'pdin', 'idat', 'JXL ', 'jP  ', 'jp2h'],
  ...['jp2c', 'jxlc', 'jxlp', 'jxll', 'jxli', 'jbrd', 'Exif', 'xml ', 'brob', 'jp2i', 'uinf'],
]);
/** After all required boxes, these may be cut off without loss. */
const optional = new Set(['free', 'skip', 'wide', 'uuid', 'udta', 'mfra']);

/**
 * Visits the boxes of the file in sequence. Data that is no box ends the walk if `isComplete` says that
 * nothing is missing, as in players. Otherwise it is damage.
 */
export async function walkBoxes(
  source: ByteSource,
  found: Found,
  visit: (box: Box) => Promise<void> | void,
  isComplete: () => boolean,
): Promise<void> {
  const cursor = new Cursor(source);
  while (cursor.left > 0) {
    const box = await boxAt(cursor, found);
    if (box === undefined) {
      if (isComplete()) return;
      throw cursor.left < 8 ? endsWithin('a box') : new Damage('it holds something that is no box');
    }
    if (box.to > source.size) {
      if (isComplete() && (optional.has(box.type) || !known.has(box.type))) return;
      throw endsWithin(`its box ${box.type.trim()}`);
    }
    await visit(box);
    cursor.at = box.to;
  }
}

/** Undefined for data that cannot be a box. */
async function boxAt(cursor: Cursor, found: Found): Promise<Box | undefined> {
  const head = await cursor.peek(16);
  if (head.length < 8) return undefined;
  const { at } = cursor;
  const short = head.readUInt32BE(0);
  const type = head.toString('latin1', 4, 8);
  if (!/^[ -~\xa9]{4}$/.test(type)) return undefined;
  if (short === 0) {
    // The box extends to the end of the file.
    found.openEnded = true;
    return { type, at, from: at + 8, to: cursor.source.size };
  }
  if (short === 1) {
    if (head.length < 16) return { type, at, from: at + 16, to: at + 16 };
    const length = Number(head.readBigUInt64BE(8));
    return length < 16 ? undefined : { type, at, from: at + 16, to: at + length };
  }
  return short < 8 ? undefined : { type, at, from: at + 8, to: at + short };
}
