import { createHash } from 'node:crypto';
import { type Stats, createReadStream } from 'node:fs';
import { link, lstat, mkdir, readFile, realpath, rename, rm, utimes } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { systemCode, temporaryBeside, writeWhole } from './atomic-file.ts';
import type { Blobs } from './blobs.ts';

export interface OutFile {
  readonly step: string;
  /** With its extension. */
  readonly fileName: string;
  /** Hashes of every output that ever had this place, according to the ledger. */
  readonly knownShas: readonly string[];
}

export interface MaterialItem extends OutFile {
  readonly sha256: string;
  readonly sidecar: JsonObject;
}

/** Folder for the files of changed or removed shots. */
export const oldFolder = '_old';

/** The folder of a step; certain to be inside the batch's folder. */
export async function stepFolder(outRoot: string, batch: string, step: string): Promise<string> {
  return await ownFolder(await batchFolder(outRoot, batch), segment(step));
}

/** The folder of a batch. `out` itself may be a link, for example to a larger disk; folders in it may not. */
export async function batchFolder(outRoot: string, batch: string): Promise<string> {
  await mkdir(outRoot, { recursive: true });
  return await ownFolder(await realpath(outRoot), segment(batch));
}

/** @throws UserError if the folder leads out of its parent */
export async function ownFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder).catch((error: unknown) => {
    // A dangling link also exists.
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  const real = await realpath(folder).catch(() => undefined);
  if (real === folder && (await lstat(folder)).isDirectory()) return folder;
  throw new UserError(
    `${folder} is no folder, or a link that leads elsewhere; nothing was written`,
    {
      next: ['put a folder in its place'],
    },
  );
}

export const fileNameOf = (file: OutFile): string => segment(file.fileName);

/** Rejects names that are not plain. Names come from templates, so they are checked even after cleaning. */
export function segment(name: string): string {
  const plain = name !== '' && !name.startsWith('.') && !/[\p{Cc}/\\:]/u.test(name);
  if (plain && name !== oldFolder && Buffer.byteLength(name) <= 255) return name;
  throw new UserError(`${JSON.stringify(name)} cannot be the name of a file or folder`);
}

export const sidecarPath = (target: string): string => {
  const extension = extname(target);
  const stem = extension === '.json' ? target : target.slice(0, target.length - extension.length);
  return `${stem}.json`;
};

export const stemOf = (fileName: string): string =>
  fileName.slice(0, fileName.length - extname(fileName).length);

/** Whether `path` is a file with these bytes. With `original`, it is rarely necessary to read the file. */
export async function holds(path: string, sha256: string, original?: Stats): Promise<boolean> {
  const facts = await factsOf(path);
  if (!facts?.isFile()) return false;
  if (original && facts.size !== original.size) return false;
  if (original && (await isUntouched(path, facts, sha256, original))) return true;
  return (await hashOf(path)) === sha256;
}

/** Two files may have the same size and timestamp, so the sidecar must match too. */
export async function isUntouched(
  path: string,
  facts: Stats,
  sha256: string,
  original: Stats,
): Promise<boolean> {
  if (facts.size !== original.size || !sameStamp(facts, original)) return false;
  return await describes(sidecarPath(path), sha256);
}

/** Whether the sidecar belongs to these bytes. A removed `a.png` and a new `a.webp` share its name. */
export async function describes(sidecar: string, sha256: string): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readFile(sidecar, 'utf8'));
    return content !== null && typeof content === 'object' && 'sha256' in content
      ? content.sha256 === sha256
      : false;
  } catch {
    return false;
  }
}

/** File systems store times to a millisecond or finer, and some round. */
export const sameStamp = (a: Stats, b: Stats): boolean => Math.abs(a.mtimeMs - b.mtimeMs) < 1;

export async function factsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Copies a blob to `target`. False if another file has appeared there in the meantime.
 * @throws BlobMissingError, also if the blob is damaged
 */
export async function placeCopy(
  blobs: Blobs,
  sha256: string,
  original: Stats,
  target: string,
): Promise<boolean> {
  const temporary = temporaryBeside(target);
  try {
    await blobs.copyTo(sha256, temporary);
    await utimes(temporary, original.atime, original.mtimeMs / 1_000);
    return await claimName(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Uses a hard link, which fails where a rename would replace a file. Without link support it renames. */
async function claimName(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (await factsOf(target)) return false;
    await rename(temporary, target);
  }
  return true;
}

export async function placeSidecar(
  path: string,
  item: MaterialItem,
  stamp: Stats,
): Promise<'written' | 'same' | 'kept'> {
  const text = `${JSON.stringify(item.sidecar, null, 2)}\n`;
  const facts = await factsOf(path);
  if (facts) {
    if (!facts.isFile()) return 'kept';
    if ((await readFile(path, 'utf8')) === text) return 'same';
    if (!sameStamp(facts, stamp)) return 'kept';
  }
  await writeWhole(path, [text], { flush: false });
  await utimes(path, stamp.atime, stamp.mtimeMs / 1_000);
  return 'written';
}
