import type { MediaKind } from '../batch/model-spec.ts';

export interface Media {
  readonly mime: string;
  /** Without the point. */
  readonly ext: string;
  readonly kind: MediaKind;
}

const jpeg: Media = { mime: 'image/jpeg', ext: 'jpg', kind: 'image' };
const png: Media = { mime: 'image/png', ext: 'png', kind: 'image' };
const gif: Media = { mime: 'image/gif', ext: 'gif', kind: 'image' };
const webp: Media = { mime: 'image/webp', ext: 'webp', kind: 'image' };
const avif: Media = { mime: 'image/avif', ext: 'avif', kind: 'image' };
const heic: Media = { mime: 'image/heic', ext: 'heic', kind: 'image' };
const svg: Media = { mime: 'image/svg+xml', ext: 'svg', kind: 'vector' };
const mp4: Media = { mime: 'video/mp4', ext: 'mp4', kind: 'video' };
const mov: Media = { mime: 'video/quicktime', ext: 'mov', kind: 'video' };
const webm: Media = { mime: 'video/webm', ext: 'webm', kind: 'video' };
/** Never sniffed: any bytes may be text. */
const plainText: Media = { mime: 'text/plain', ext: 'txt', kind: 'text' };

const all = [jpeg, png, gif, webp, avif, heic, svg, mp4, mov, webm, plainText];

/** Without the point; undefined for a type that is not known here. */
export function extensionOf(mime: string): string | undefined {
  return all.find((media) => media.mime === mime)?.ext;
}

const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);
const videoBrand = /^(isom|iso\d|mp4\d|avc1|dash|M4V.|3gp.|3g2.|MSNV|f4v )$/;

/**
 * What a file is by its first bytes (a few hundred are enough), whatever its name or header claims.
 * Undefined for anything that is neither picture nor video, such as an error page.
 */
export function sniffMedia(head: Uint8Array): Media | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return jpeg;
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return png;
  if (/^GIF8[79]a/.test(text)) return gif;
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return webp;
  if (text.startsWith('\x1aE\xdf\xa3'))
    return text.slice(0, 64).includes('webm') ? webm : undefined;
  if (text.startsWith('ftyp', 4)) return isoMedia(text);
  return isSvg(text) ? svg : undefined;
}

/** Reads the brands of an ISO base media file: the major one, then the compatible ones. */
function isoMedia(text: string): Media | undefined {
  const size = Math.min(text.length, boxSize(text));
  const brands = [text.slice(8, 12)];
  for (let at = 16; at + 4 <= size; at += 4) brands.push(text.slice(at, at + 4));
  const [major = ''] = brands;
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return avif;
  if (heicBrands.has(major)) return heic;
  if (major === 'qt  ') return mov;
  return brands.some((brand) => videoBrand.test(brand)) && !major.startsWith('M4A')
    ? mp4
    : undefined;
}

function boxSize(text: string): number {
  return Buffer.from(text.slice(0, 4), 'latin1').readUInt32BE();
}

/** What may stand before the root of an SVG, in any order; a document type may have a body in brackets. */
const prologuePart =
  /^\s*(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE\s+svg\b[^>[]*(?:\[[^\]]*\]\s*)?>)/i;

function isSvg(text: string): boolean {
  let rest = text.replace(/^\xef\xbb\xbf/, '');
  for (let part = prologuePart.exec(rest); part; part = prologuePart.exec(rest))
    rest = rest.slice(part[0].length);
  return /^\s*<svg[\s>/]/i.test(rest);
}
