import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { Json } from '../json.ts';

export const nameBytesMax = 120;
const hashDigits = 6;

/** Device names that Windows reserves, with any extension and in any letter case. */
const reservedName = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * Converts text to a file name: letters and digits of any script, `.`, `_` and `-`, at most 120
 * bytes. The result is the same on every system. A clean name stays unchanged.
 * @throws UserError when nothing is left
 */
export function cleanName(text: string): string {
  const spelled = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{Nd}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .normalize('NFC');
  if (spelled === '')
    throw new UserError(`${JSON.stringify(text)} leaves no file name`, {
      next: ['a name needs at least one letter or digit'],
    });
  const safe = spelled.replace(reservedName, '$1_');
  return Buffer.byteLength(safe) <= nameBytesMax ? safe : shortened(safe);
}

function shortened(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashDigits);
  const bytesLeft = nameBytesMax - hashDigits - 1;
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesLeft) break;
    kept += character;
  }
  return `${kept.replace(/[-.]+$/, '')}-${hash}`;
}

/**
 * Folds a name. Names with equal folds are one file on a disk that ignores letter case. Folds
 * through upper case, since some disks equate `ß` with `ss` and `ſ` with `s`. The dotless `ı` stays
 * a letter of its own.
 */
export function foldName(name: string): string {
  const folded = name.normalize('NFC').replace(/[^ı]+/g, (part) => part.toUpperCase());
  return folded.toLowerCase().normalize('NFC');
}

/** Whether Windows reserves the name for a device, with any extension. */
export function isReservedName(name: string): boolean {
  return reservedName.test(name);
}

/** `linen--t2`; the first take has no suffix, so raising `takes` renames nothing. */
export function takeName(name: string, take: number): string {
  return take > 1 ? `${name}--t${take}` : name;
}

/**
 * The name of a shot's file in a later step: `linen--t2--1` when several were ordered. An extra
 * file is `linen--extra-2`; no shot of a batch file may have such a name. `index` counts from 0.
 */
export function outputName(name: string, index: number, ordered: number): string {
  if (index >= ordered) return `${name}--extra-${index + 1}`;
  return ordered > 1 ? `${name}--${index + 1}` : name;
}

/** Whether the name may be the `outputName` of an extra file. */
export function isExtraName(name: string): boolean {
  return /--extra-\d+$/i.test(name);
}

/**
 * The name of a shot's file in its folder. An extra file has a `+`, which no shot name of any step
 * contains.
 */
export function outputFileName(
  name: string,
  index: number,
  ordered: number,
  extension: string,
): string {
  const stem = index >= ordered ? `${name}+${index + 1}` : outputName(name, index, ordered);
  return `${stem}.${extension.replace(/^\./, '')}`;
}

/** Parts of a default name, for a step without `name`. */
export interface NameParts {
  readonly step: string;
  /** Name of the source's file. */
  readonly source?: string;
  /** Row number from 1. */
  readonly row?: number;
  readonly axes: readonly NamedValue[];
}
export interface NamedValue {
  readonly name: string;
  readonly value: Json;
  /** Position from 1, for long texts such as prompts of a list. */
  readonly position?: number;
}

/** The name of a shot when its step gives none. Not cleaned yet. */
export function defaultName(parts: NameParts): string {
  const pieces: string[] = [];
  if (parts.source !== undefined) pieces.push(parts.source);
  if (parts.row !== undefined) pieces.push(String(parts.row).padStart(4, '0'));
  pieces.push(...parts.axes.map(valueName));
  return pieces.length === 0 ? parts.step : pieces.join('-');
}

function valueName({ name, value, position }: NamedValue): string {
  if (position !== undefined) return `${position}-${firstCharacters(String(value), 40)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${name}-${String(value)}`;
  if (value === null) return `${name}-none`;
  if (typeof value === 'string') return firstCharacters(value, 60);
  const first = Object.entries(value)[0];
  return first ? valueName({ name: first[0], value: first[1] }) : name;
}

function firstCharacters(text: string, count: number): string {
  return [...text].slice(0, count).join('');
}
