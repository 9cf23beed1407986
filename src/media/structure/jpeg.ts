import { Cursor, type ByteSource } from '../source.ts';
import { Damage, endsBefore, endsWithin, type Found } from './damage.ts';

const endOfImage = 0xd9;
const startOfScan = 0xda;
const endMarker = 'its end marker (EOI)';

/** Reads marker by marker. Data after the end marker is ignored. */
export async function walkJpeg(source: ByteSource, found: Found): Promise<void> {
  const cursor = new Cursor(source, 2);
  let hasImage = false;
  for (;;) {
    const marker = await nextMarker(cursor);
    if (marker === endOfImage) {
      if (hasImage) return;
      throw new Damage('it holds no image data');
    }
    if (standsAlone(marker)) continue;
    const head = await cursor.peek(9);
    if (head.length < 2) throw endsBefore(endMarker);
    const length = head.readUInt16BE(0);
    if (length < 2) throw new Damage('it holds a segment without a length');
    if (length > cursor.left) throw endsWithin('a segment');
    if (isFrame(marker) && length >= 7) {
      found.height = head.readUInt16BE(3);
      found.width = head.readUInt16BE(5);
    }
    cursor.at += length;
    if (marker !== startOfScan) continue;
    hasImage = true;
    await skipScan(cursor);
  }
}

/** Markers without a segment: TEM, restarts and a second start of image. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0 to SOF15, except DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Skips data between segments, as image readers do. */
async function nextMarker(cursor: Cursor): Promise<number> {
  for (;;) {
    const window = await cursor.window();
    if (window.length === 0) throw endsBefore(endMarker);
    const at = window.indexOf(0xff);
    cursor.at += at === -1 ? window.length : at;
    if (at === -1) continue;
    const [, second] = await cursor.peek(2);
    if (second === undefined) throw endsBefore(endMarker);
    if (second === 0xff) cursor.at += 1;
    else cursor.at += 2;
    if (second !== 0xff && second !== 0) return second;
  }
}

/** Moves to the marker after a scan. In scan data, `FF` is followed by 0 or is a restart. */
async function skipScan(cursor: Cursor): Promise<void> {
  for (;;) {
    const window = await cursor.window();
    if (window.length === 0) throw endsBefore(endMarker);
    let at = window.indexOf(0xff);
    while (at !== -1 && at + 1 < window.length && isData(window[at + 1] ?? 0))
      at = window.indexOf(0xff, at + 2);
    const isLast = at !== -1 && at + 1 === window.length;
    if (isLast && cursor.left === window.length) throw endsBefore(endMarker);
    cursor.at += at === -1 ? window.length : at;
    if (at !== -1 && !isLast) return;
    // The second byte of the pair is in the next window.
    if (isLast) await cursor.peek(2);
  }
}

function isData(second: number): boolean {
  return second === 0 || (second >= 0xd0 && second <= 0xd7);
}
