import type { FileRules } from '../model-spec.ts';

/** A file on disk. `mime` comes from its first bytes; undefined when they are not recognised. */
export interface LocalFile {
  readonly name: string;
  readonly mime: string | undefined;
  readonly bytes: number;
}

/** Why a vendor with these rules would refuse the file, and what to do. Undefined when it is accepted. */
export function fileProblem(
  { types, bytesMax }: FileRules,
  file: LocalFile,
  taker: string,
): { message: string; hint: string } | undefined {
  const { name, mime, bytes } = file;
  if (types && (mime === undefined || !types.includes(mime))) {
    const kind = familyOf(mime);
    const alike = types.filter((type) => familyOf(type) === kind);
    const taken = (alike.length > 0 ? alike : types).map(typeName);
    const what = mime === undefined ? 'of no known type' : typeName(mime);
    return {
      message: `${name} is ${what}, and ${taker} takes ${inWords(taken)}`,
      hint: alike.length > 0 ? `save it as ${taken[0]}` : 'leave it out',
    };
  }
  if (bytesMax === undefined || bytes <= bytesMax) return undefined;
  return {
    message: `${name} has ${megabytes(bytes)} MB, and ${taker} takes at most ${megabytes(bytesMax)} MB`,
    hint: 'make it smaller',
  };
}

/** The rules as text for a person: `JPEG, PNG and WebP, up to 10 MB`. */
export function fileRulesText({ types, bytesMax }: FileRules): string {
  const parts = [
    types && inWords(types.map(typeName)),
    bytesMax && `up to ${megabytes(bytesMax)} MB`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Rounded up, so that a file above a limit never appears to be at it. */
function megabytes(bytes: number): string {
  return String(Math.ceil((bytes / 1024 / 1024) * 10) / 10);
}

const names: Readonly<Record<string, string>> = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/webp': 'WebP',
  'image/gif': 'GIF',
  'image/heic': 'HEIC',
  'image/avif': 'AVIF',
  'image/svg+xml': 'SVG',
  'video/mp4': 'MP4',
  'video/webm': 'WebM',
  'video/quicktime': 'MOV',
  'video/x-msvideo': 'AVI',
};

function typeName(mime: string): string {
  return names[mime] ?? mime;
}

function familyOf(mime: string | undefined): string | undefined {
  return mime?.split('/')[0];
}

function inWords(list: readonly string[]): string {
  const [last = '', ...others] = list.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
