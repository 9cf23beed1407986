import type { Stats } from 'node:fs';
import { lstat, readdir, utimes } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Blobs } from './blobs.ts';
import { moveToOld } from './old-folder.ts';
import {
  factsOf,
  fileNameOf,
  hashOf,
  isUntouched,
  type MaterialItem,
  type OutFile,
  placeCopy,
  placeSidecar,
  sameStamp,
  sidecarPath,
  stemOf,
  stepFolder,
} from './out-files.ts';

/** `kept`: a person's file is in that place and stays unchanged. */
export type Materialised = 'written' | 'same' | 'kept';
/** One file that could not be placed; the rest are placed. */
export interface Unplaced {
  readonly error: unknown;
}

const parallel = 8;

/**
 * Puts one output at `<out>/<batch>/<step>/<file>`, with its sidecar beside it. Writes nothing elsewhere
 * and overwrites nothing. An earlier output moves to `_old/`; a file that is not in the ledger stays.
 *
 * A copy has its blob's modification time, so an untouched file is recognised without a read.
 */
export async function materialise(
  outRoot: string,
  batch: string,
  item: MaterialItem,
  blobs: Blobs,
): Promise<Materialised> {
  return await materialiseIn(
    await stepFolder(outRoot, batch, item.step),
    outRoot,
    batch,
    item,
    blobs,
  );
}

async function materialiseIn(
  folder: string,
  outRoot: string,
  batch: string,
  item: MaterialItem,
  blobs: Blobs,
): Promise<Materialised> {
  const target = join(folder, fileNameOf(item));
  const original = await lstat(await blobs.path(item.sha256));
  const state = await stateOf(target, original, item);
  if (state === 'foreign') return 'kept';
  if (state === 'earlier') await moveToOld(outRoot, batch, item);
  if (state === 'absent') await moveEarlierKinds(outRoot, batch, item, folder);
  if (state === 'same') await agree(target, item, original, blobs);
  else if (!(await placeCopy(blobs, item.sha256, original, target))) return 'kept';
  const sidecar = await placeSidecar(sidecarPath(target), item, original);
  return state === 'same' ? sidecar : 'written';
}

/**
 * The file is correct, but its blob has another time: one of the two was touched. The blob is verified
 * while its bytes still exist here. A sound blob passes its time to the file, so this check runs once.
 */
async function agree(
  target: string,
  { sha256 }: MaterialItem,
  original: Stats,
  blobs: Blobs,
): Promise<void> {
  const facts = await factsOf(target);
  if (!facts || sameStamp(facts, original)) return;
  await blobs.soundPath(sha256);
  await utimes(target, original.atime, original.mtimeMs / 1_000).catch(() => undefined);
}

/**
 * Places many outputs in parallel. The results are in the items' order. A failure does not stop the rest.
 */
export async function materialiseAll(
  outRoot: string,
  batch: string,
  items: readonly MaterialItem[],
  blobs: Blobs,
): Promise<(Materialised | Unplaced)[]> {
  const results: (Materialised | Unplaced)[] = [];
  const folders = new Map<string, Promise<string>>();
  const folderOf = (step: string): Promise<string> => {
    const folder = folders.get(step) ?? stepFolder(outRoot, batch, step);
    folders.set(step, folder);
    return folder;
  };
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [position, item] of queue)
      try {
        const folder = await folderOf(item.step);
        results[position] = await materialiseIn(folder, outRoot, batch, item, blobs);
      } catch (error) {
        results[position] = { error };
      }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

/**
 * Moves the file of a renamed or removed shot to `_old/`, with its sidecar. Call it before the remaining
 * shots are materialised. Files that a person edited stay in place.
 */
export async function retire(
  outRoot: string,
  batch: string,
  file: OutFile,
): Promise<'moved' | 'kept' | 'absent'> {
  const target = join(await stepFolder(outRoot, batch, file.step), fileNameOf(file));
  const state = await stateOf(target, undefined, { ...file, sha256: '' });
  if (state === 'absent') return 'absent';
  if (state === 'foreign') return 'kept';
  await moveToOld(outRoot, batch, file);
  return 'moved';
}

async function stateOf(
  target: string,
  original: Stats | undefined,
  item: OutFile & { readonly sha256: string },
): Promise<'absent' | 'same' | 'earlier' | 'foreign'> {
  const facts = await factsOf(target);
  if (!facts) return 'absent';
  if (!facts.isFile()) return 'foreign';
  if (original && (await isUntouched(target, facts, item.sha256, original))) return 'same';
  const sha256 = await hashOf(target);
  if (sha256 === item.sha256) return 'same';
  return item.knownShas.includes(sha256) ? 'earlier' : 'foreign';
}

/** A new take may be of another kind: `linen.png` replaces `linen.jpg`, because their sidecars share a name. */
async function moveEarlierKinds(
  outRoot: string,
  batch: string,
  item: MaterialItem,
  folder: string,
): Promise<void> {
  if (!(await factsOf(sidecarPath(join(folder, item.fileName))))) return;
  const stem = stemOf(item.fileName);
  for (const fileName of await readdir(folder)) {
    if (stemOf(fileName) !== stem || extname(fileName) === '.json') continue;
    const state = await stateOf(join(folder, fileName), undefined, item);
    if (state === 'earlier') await moveToOld(outRoot, batch, { ...item, fileName });
  }
}
