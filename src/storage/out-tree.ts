import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
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
  sidecarPath,
  stemOf,
  stepFolder,
} from './out-files.ts';

/** `kept`: a person's file stands there and was left alone. */
export type Materialised = 'written' | 'same' | 'kept';

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
  const blob = await blobs.path(item.sha256);
  const original = await lstat(blob);
  const state = await stateOf(target, original, item);
  if (state === 'foreign') return 'kept';
  if (state === 'earlier') await moveToOld(outRoot, batch, item);
  if (state === 'absent') await moveEarlierKinds(outRoot, batch, item, folder);
  if (state !== 'same' && !(await placeCopy(blob, original, target))) return 'kept';
  const sidecar = await placeSidecar(sidecarPath(target), item, original);
  return state === 'same' ? sidecar : 'written';
}

/** Many outputs at once; the answers stand in the items' order. */
export async function materialiseAll(
  outRoot: string,
  batch: string,
  items: readonly MaterialItem[],
  blobs: Blobs,
): Promise<Materialised[]> {
  const results: Materialised[] = [];
  const folders = new Map<string, string>();
  for (const step of new Set(items.map((item) => item.step)))
    folders.set(step, await stepFolder(outRoot, batch, step));
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [position, item] of queue) {
      const folder = folders.get(item.step) ?? '';
      results[position] = await materialiseIn(folder, outRoot, batch, item, blobs);
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
