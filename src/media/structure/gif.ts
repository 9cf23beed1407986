import { Cursor, type ByteSource } from '../source.ts';
import { Damage, endsBefore, type Found } from './damage.ts';

const extension = 0x21;
const image = 0x2c;
const trailer = 0x3b;

/** Reads block by block to the trailer. */
export async function walkGif(source: ByteSource, found: Found): Promise<void> {
  const cursor = new Cursor(source, 6);
  const screen = await need(cursor, 7);
  found.width = screen.readUInt16LE(0);
  found.height = screen.readUInt16LE(2);
  cursor.at += tableBytes(screen[4] ?? 0);
  let images = 0;
  for (;;) {
    const [block = 0] = await need(cursor, 1);
    if (block === trailer) break;
    // Some encoders pad with zeros.
    if (block === 0) continue;
    if (block === extension) cursor.at += 1;
    else if (block === image) {
      const about = await need(cursor, 9);
      cursor.at += tableBytes(about[8] ?? 0) + 1;
      images += 1;
    } else throw new Damage('it holds something that is no block');
    await skipSubBlocks(cursor);
  }
  if (images === 0) throw new Damage('it holds no image');
}

/** Size of the colour table after a header with these flags. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

async function skipSubBlocks(cursor: Cursor): Promise<void> {
  for (;;) {
    const window = await cursor.window();
    if (window.length === 0) throw endsBefore('its trailer');
    let at = 0;
    while (at < window.length && window[at] !== 0) at += (window[at] ?? 0) + 1;
    cursor.at += at;
    if (at < window.length) {
      cursor.at += 1;
      return;
    }
  }
}

async function need(cursor: Cursor, length: number): Promise<Buffer> {
  const bytes = await cursor.take(length);
  if (bytes.length < length) throw endsBefore('its trailer');
  return bytes;
}
