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

/** `kept`: a person's file stands there and was left alone. */
export type Materialised = 'written' | 'same' | 'kept';
/** One file that could not be put there; the others are. */
export interface Unplaced {
  readonly error: unknown;
}

const parallel = 8;

/**
 * Puts one output at `<out>/<batch>/<step>/<file>`, its sidecar beside it. Writes nothing anywhere else,
 * overwrites nothing: an earlier output moves to `_old/`, a file that the ledger does not know stays.
 *
 * A copy carries its blob's modification time, so an untouched file is recognised without reading it.
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
 * The file is right, and its blob is of another time: one of the two was touched. A blob that has rotted is
 * found out while its bytes are still here; one that is sound passes its time on, so that this is done once.
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
 * Many outputs at once; the answers stand in the items' order. One that fails keeps none of the others from
 * its place.
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
 * Moves the file of a shot that changed its name or left the batch to `_old/`, with its sidecar. Call it
 * before the shots that stay are materialised. Files that a person edited stay where they are.
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

/** A new take may be of another kind: `linen.jpg` makes way for `linen.png`, whose sidecar shares its name. */
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
