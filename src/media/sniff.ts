import * as kinds from './kinds.ts';
import type { Media } from './kinds.ts';
import { isText, textOf } from './text.ts';
import { rootOf } from './xml-root.ts';

/** Bytes needed to detect a file's type, except for XML with a long prologue. */
export const headBytes = 4_096;
/** Bytes of XML in which the root element must begin. */
export const prologueBytesMax = 256 * 1024;

/**
 * Detects a file's type by its first bytes (`headBytes`, or all that `awaitsMore` requests). Its name and
 * header are ignored. Undefined for files that are neither image nor video, such as an error page.
 */
export function sniffMedia(head: Uint8Array): Media | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const text = bytes.subarray(0, headBytes).toString('latin1');
  for (const [start, media] of signatures) if (text.startsWith(start)) return media;
  if (text.startsWith('RIFF')) return riffForms.get(text.slice(8, 12));
  if (text.startsWith('\x1aE\xdf\xa3')) return ebmlMedia(bytes);
  if (isoStart.test(text.slice(4, 8))) return isoMedia(bytes);
  if (isBitmap(bytes)) return kinds.bmp;
  if (isIcon(bytes)) return kinds.ico;
  return svgOf(bytes);
}

/** Whether the head of a file is XML that may still be an SVG. */
export function awaitsMore(head: Uint8Array): boolean {
  return (
    head.length < prologueBytesMax &&
    isText(head.subarray(0, headBytes)) &&
    rootOf(textOf(head)).kind === 'more'
  );
}

const signatures: readonly (readonly [string, Media])[] = [
  ['\xff\xd8\xff', kinds.jpeg],
  ['\x89PNG\r\n\x1a\n', kinds.png],
  ['GIF87a', kinds.gif],
  ['GIF89a', kinds.gif],
  ['\0\0\0\x0cJXL \r\n\x87\n', kinds.jxl],
  ['\xff\x0a', kinds.jxl],
  ['\0\0\0\x0cjP  \r\n\x87\n', kinds.jp2],
  ['\xff\x4f\xff\x51', kinds.jp2],
  ['II*\0', kinds.tiff],
  ['MM\0*', kinds.tiff],
  ['II+\0', kinds.tiff],
  ['MM\0+', kinds.tiff],
];

const riffForms = new Map([
  ['WEBP', kinds.webp],
  ['AVI ', kinds.avi],
]);

function ebmlMedia(bytes: Buffer): Media | undefined {
  const head = bytes.subarray(0, 128).toString('latin1');
  const [, type = 'matroska'] = /\x42\x82[\x80-\x8f]([a-z]+)/.exec(head) ?? [];
  return { webm: kinds.webm, matroska: kinds.matroska }[type];
}

const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);
/** Audio-only files, and raw camera images. */
const otherBrand = /^(M4A |M4B |M4P |crx |aax |aaxc)$/;

const isoStart = /^(ftyp|styp|moov|mdat|wide|free|skip|pnot)$/;
/** A larger size means that the first byte is text, so this is no box: text may contain these names. */
const boxSizeMax = 0x2000_0000;

/** Decides by the brands: the major one, then the compatible ones. The oldest movies have none. */
function isoMedia(bytes: Buffer): Media | undefined {
  const size = bytes.readUInt32BE(0);
  const type = bytes.toString('latin1', 4, 8);
  if (size > boxSizeMax || (size > 1 && size < 8)) return undefined;
  if (type !== 'ftyp' && type !== 'styp')
    return isOldMovie(bytes, type, size) ? kinds.mov : undefined;
  const end = Math.min(bytes.length, headBytes, size);
  const major = bytes.toString('latin1', 8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return kinds.avif;
  if (heicBrands.has(major)) return kinds.heic;
  if (major === 'qt  ') return kinds.mov;
  return /^[ -~]{4}$/.test(major) && !otherBrand.test(major) ? kinds.mp4 : undefined;
}

/** A movie without brands. After a box of free space, another movie box must follow. */
function isOldMovie(bytes: Buffer, type: string, size: number): boolean {
  if (type === 'moov' || type === 'mdat') return true;
  return size >= 8 && isoStart.test(bytes.toString('latin1', size + 4, size + 8));
}

const bitmapHeaders = new Set([12, 40, 52, 56, 64, 108, 124]);

function isBitmap(bytes: Buffer): boolean {
  if (bytes.length < 26 || bytes.toString('latin1', 0, 2) !== 'BM') return false;
  return bitmapHeaders.has(bytes.readUInt32LE(14)) && bytes.readUInt32LE(6) === 0;
}

function isIcon(bytes: Buffer): boolean {
  if (bytes.length < 22 || bytes.readUInt32LE(0) !== 0x1_0000) return false;
  const count = bytes.readUInt16LE(4);
  const first = bytes.readUInt32LE(18);
  return count > 0 && count <= 256 && bytes[9] === 0 && first >= 6 + 16 * count;
}

function svgOf(bytes: Buffer): Media | undefined {
  if (!isText(bytes.subarray(0, headBytes))) return undefined;
  const root = rootOf(textOf(bytes.subarray(0, prologueBytesMax)));
  return root.kind === 'root' && /^([\w.-]+:)?svg$/i.test(root.name) ? kinds.svg : undefined;
}
