import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { dataBytesMax } from '../batch/data/data.ts';
import type { FileFacts, Files } from '../batch/data/files.ts';
import { UserError } from '../errors.ts';
import { prologueBytesMax, sniffMedia } from '../media/sniff.ts';
import { asUserError } from '../system-errors.ts';
import { systemCode } from './atomic-file.ts';
import { filesMatching, isPattern } from './file-pattern.ts';

/** Maximum size of a reference: an image or video. */
export const referenceBytesMax = 2 * 1024 * 1024 * 1024;

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE']);

/**
 * The files of a batch on this machine. Paths are relative to the batch file's folder, or absolute. Links
 * are followed. A file is hashed once while its size and times stay the same.
 */
export function diskFiles(folder: string): Files {
  const place = (path: string): string => resolve(folder, path);
  const known = new Map<string, { stamp: string; facts: FileFacts }>();

  return {
    read: (path) => {
      const stats = statOf(place(path));
      if (!stats?.isFile()) return undefined;
      if (stats.size > dataBytesMax) throw tooLarge(path, dataBytesMax);
      return readable(path, () => readFileSync(place(path)));
    },
    match: (pattern) => {
      const isFile = (path: string): boolean => statOf(place(path))?.isFile() === true;
      if (isFile(pattern)) return [pattern];
      return isPattern(pattern) ? filesMatching(pattern, place, isFile) : [];
    },
    facts: (path) => {
      const stats = statOf(place(path));
      if (!stats?.isFile()) return undefined;
      const cached = known.get(place(path));
      if (cached?.stamp === stampOf(stats)) return cached.facts;
      if (stats.size > referenceBytesMax) throw tooLarge(path, referenceBytesMax);
      const fresh = readable(path, () => hashFile(place(path)));
      known.set(place(path), fresh);
      return fresh.facts;
    },
  };
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if (absent.has(systemCode(error) ?? '')) return undefined;
    throw unreadable(path, error);
  }
}

const stampOf = (stats: BigIntStats): string =>
  [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join('-');

function hashFile(path: string): { stamp: string; facts: FileFacts } {
  const descriptor = openSync(path, 'r');
  try {
    const stamp = stampOf(fstatSync(descriptor, { bigint: true }));
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(1 << 20);
    let head: Uint8Array = Buffer.alloc(0);
    let bytes = 0;
    for (;;) {
      const length = readSync(descriptor, buffer, 0, buffer.length, null);
      if (length === 0) break;
      const chunk = buffer.subarray(0, length);
      if (bytes === 0) head = Uint8Array.from(chunk.subarray(0, prologueBytesMax));
      hash.update(chunk);
      bytes += length;
    }
    const mime = sniffMedia(head)?.mime;
    return { stamp, facts: { sha256: hash.digest('hex'), bytes, mime } };
  } finally {
    closeSync(descriptor);
  }
}

function readable<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function tooLarge(path: string, bytesMax: number): UserError {
  return new UserError(`${path} is larger than ${bytesMax / 1024 / 1024} MB`, {
    next: ['Shotlist reads no larger one'],
  });
}

function unreadable(path: string, cause: unknown): unknown {
  return asUserError(cause, `cannot read ${path}`);
}
