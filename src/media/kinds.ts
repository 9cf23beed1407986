import type { MediaKind } from '../batch/model-spec.ts';

/** A supported kind of file; docs/reference/files.md is generated from these rows. */
export interface Media {
  readonly mime: string;
  /** Without the dot. */
  readonly ext: string;
  readonly kind: MediaKind;
  /** For people. */
  readonly title: string;
  /** The sign by which it is recognised; its name and header are ignored. */
  readonly recognisedBy: string;
  /** The condition for the file to be whole. */
  readonly whole: string;
}

const toTheEnd = 'the boxes follow one another to the end of the file';

export const jpeg: Media = {
  mime: 'image/jpeg',
  ext: 'jpg',
  kind: 'image',
  title: 'JPEG',
  recognisedBy: '`FF D8 FF`',
  whole: 'its markers lead to an end marker (EOI) behind image data',
};
export const png: Media = {
  mime: 'image/png',
  ext: 'png',
  kind: 'image',
  title: 'PNG, APNG',
  recognisedBy: 'its signature',
  whole: 'its chunks lead to `IEND`, and the checksum of every critical chunk is right',
};
export const gif: Media = {
  mime: 'image/gif',
  ext: 'gif',
  kind: 'image',
  title: 'GIF',
  recognisedBy: '`GIF87a`, `GIF89a`',
  whole: 'its blocks lead to the trailer, with at least one image',
};
export const webp: Media = {
  mime: 'image/webp',
  ext: 'webp',
  kind: 'image',
  title: 'WebP',
  recognisedBy: '`RIFF`, `WEBP`',
  whole: 'it is as long as its RIFF header says, and holds image data',
};
export const avif: Media = {
  mime: 'image/avif',
  ext: 'avif',
  kind: 'image',
  title: 'AVIF',
  recognisedBy: 'a brand `avif` or `avis`',
  whole: `${toTheEnd}, and every item lies inside it`,
};
export const heic: Media = {
  mime: 'image/heic',
  ext: 'heic',
  kind: 'image',
  title: 'HEIC, HEIF',
  recognisedBy: 'a main brand `heic`, `heix`, `heim`, `heis`, `hevc`, `hevx`, `mif1` or `msf1`',
  whole: `${toTheEnd}, and every item lies inside it`,
};
export const jxl: Media = {
  mime: 'image/jxl',
  ext: 'jxl',
  kind: 'image',
  title: 'JPEG XL',
  recognisedBy: 'its signature, in a container or bare',
  whole: `${toTheEnd}; a bare one does not say where it ends`,
};
export const jp2: Media = {
  mime: 'image/jp2',
  ext: 'jp2',
  kind: 'image',
  title: 'JPEG 2000',
  recognisedBy: 'its signature',
  whole: `${toTheEnd}, and the code stream ends with its end marker`,
};
export const tiff: Media = {
  mime: 'image/tiff',
  ext: 'tif',
  kind: 'image',
  title: 'TIFF, BigTIFF',
  recognisedBy: '`II*`, `MM*` and their big forms',
  whole: 'every directory, and every strip or tile that one names, lies inside it',
};
export const bmp: Media = {
  mime: 'image/bmp',
  ext: 'bmp',
  kind: 'image',
  title: 'BMP',
  recognisedBy: '`BM` and a header that can be true',
  whole: 'it holds as many pixels as its header says',
};
export const ico: Media = {
  mime: 'image/vnd.microsoft.icon',
  ext: 'ico',
  kind: 'image',
  title: 'ICO',
  recognisedBy: 'a directory of icons',
  whole: 'every icon that the directory names lies inside it',
};
export const svg: Media = {
  mime: 'image/svg+xml',
  ext: 'svg',
  kind: 'vector',
  title: 'SVG',
  recognisedBy:
    'a root element `svg`, also with a prefix; UTF-8, UTF-16 or the encoding that it declares',
  whole: 'its root element is closed',
};
export const mp4: Media = {
  mime: 'video/mp4',
  ext: 'mp4',
  kind: 'video',
  title: 'MP4, M4V, 3GP, F4V',
  recognisedBy: 'a box `ftyp` or `styp` of any brand but those of images and of sound',
  whole: `${toTheEnd}, with a movie header (\`moov\`) and media (\`mdat\`)`,
};
export const mov: Media = {
  mime: 'video/quicktime',
  ext: 'mov',
  kind: 'video',
  title: 'QuickTime',
  recognisedBy:
    'the brand `qt`, or no `ftyp` but a box `moov`, `mdat`, `wide`, `free`, `skip` or `pnot`',
  whole: mp4.whole,
};
export const webm: Media = {
  mime: 'video/webm',
  ext: 'webm',
  kind: 'video',
  title: 'WebM',
  recognisedBy: 'EBML of type `webm`',
  whole:
    'the segment is as long as it says, or its elements end with the file; with a track and a cluster',
};
export const matroska: Media = {
  mime: 'video/x-matroska',
  ext: 'mkv',
  kind: 'video',
  title: 'Matroska',
  recognisedBy: 'EBML of type `matroska`',
  whole: webm.whole,
};
export const avi: Media = {
  mime: 'video/x-msvideo',
  ext: 'avi',
  kind: 'video',
  title: 'AVI',
  recognisedBy: '`RIFF`, `AVI`',
  whole: 'it is as long as its RIFF headers say, and holds a list `movi`',
};
export const plainText: Media = {
  mime: 'text/plain',
  ext: 'txt',
  kind: 'text',
  title: 'text',
  recognisedBy:
    'the model, which makes text; any text but a web page, XML, or JSON with an `error`',
  whole: 'it does not say where it ends',
};

/** Every kind, in the order of the document. */
export const mediaKinds: readonly Media[] = [
  ...[jpeg, png, gif, webp, avif, heic, jxl, jp2, tiff, bmp, ico, svg],
  ...[mp4, mov, webm, matroska, avi, plainText],
];

/** Binary data of any other kind. */
export const unknownMime = 'application/octet-stream';

/** Without the dot; undefined for an unknown type. */
export function extensionOf(mime: string): string | undefined {
  return mediaKinds.find((media) => media.mime === mime)?.ext;
}
