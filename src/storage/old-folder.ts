import type { Stats } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Blobs } from './blobs.ts';
import {
  batchFolder,
  describes,
  fileNameOf,
  factsOf,
  hashOf,
  holds,
  type MaterialItem,
  oldFolder,
  type OutFile,
  ownFolder,
  placeCopy,
  placeSidecar,
  segment,
  sidecarPath,
  stemOf,
  stepFolder,
} from './out-files.ts';

/**
 * Puts a paid file that no shot uses any more into `_old/`, with its sidecar. Does nothing if these bytes
 * are already there, or still at their old place.
 */
export async function keepOld(
  outRoot: string,
  batch: string,
  item: MaterialItem,
  blobs: Blobs,
): Promise<'written' | 'same'> {
  const blob = await blobs.path(item.sha256);
  const original = await lstat(blob);
  const place = join(outRoot, segment(batch), segment(item.step), fileNameOf(item));
  if (await holds(place, item.sha256, original)) return 'same';
  const folder = await oldFolderOf(outRoot, batch, item.step);
  const name = await nameInOld(folder, item.fileName, item.sha256, original);
  if (name === undefined) return 'same';
  const target = join(folder, name);
  await placeCopy(blobs, item.sha256, original, target);
  await placeSidecar(sidecarPath(target), item, original);
  return 'written';
}

/** Runs in sequence, because several files may need the same name. A failure does not stop the rest. */
export async function keepAllOld(
  outRoot: string,
  batch: string,
  items: readonly MaterialItem[],
  blobs: Blobs,
): Promise<('written' | 'same' | { readonly error: unknown })[]> {
  const results: ('written' | 'same' | { readonly error: unknown })[] = [];
  for (const item of items)
    results.push(await keepOld(outRoot, batch, item, blobs).catch((error: unknown) => ({ error })));
  return results;
}

export async function moveToOld(outRoot: string, batch: string, file: OutFile): Promise<void> {
  const source = await stepFolder(outRoot, batch, file.step);
  const folder = await oldFolderOf(outRoot, batch, file.step);
  const target = join(source, fileNameOf(file));
  const sidecar = sidecarPath(target);
  const sha256 = await hashOf(target);
  const name = await nameInOld(folder, file.fileName, sha256);
  const isOurs = await describes(sidecar, sha256);
  if (name === undefined) {
    if (isOurs) await rm(sidecar);
    await rm(target);
    return;
  }
  if (isOurs) await rename(sidecar, sidecarPath(join(folder, name)));
  await rename(target, join(folder, name));
}

async function oldFolderOf(outRoot: string, batch: string, step: string): Promise<string> {
  const old = await ownFolder(await batchFolder(outRoot, batch), oldFolder);
  return await ownFolder(old, segment(step));
}

/** A free name in the folder; undefined if a file under one of the candidate names has these bytes. */
async function nameInOld(
  folder: string,
  fileName: string,
  sha256: string,
  original?: Stats,
): Promise<string | undefined> {
  const extension = extname(fileName);
  const stem = stemOf(fileName);
  let name = `${stem}${extension}`;
  for (let count = 0; await factsOf(join(folder, name)); count += 1) {
    if (await holds(join(folder, name), sha256, original)) return undefined;
    const mark = `~${sha256.slice(0, 8)}${count ? `-${count}` : ''}`;
    name = `${stem}${mark}${extension}`;
  }
  return name;
}
