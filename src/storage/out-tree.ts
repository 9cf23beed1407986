import { constants, createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  utimes,
} from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { systemCode, temporaryBeside, writeWhole } from './atomic-file.ts';
import type { Blobs } from './blobs.ts';

export interface OutFile {
  readonly step: string;
  /** With its extension. */
  readonly fileName: string;
  /** Hashes of every output that the ledger ever put at this place. */
  readonly knownShas: readonly string[];
}

export interface MaterialItem extends OutFile {
  readonly sha256: string;
  readonly sidecar: JsonObject;
}

/** `kept`: a person's file stands there and was left alone. */
export type Materialised = 'written' | 'same' | 'kept';

/** Where files of shots that changed or left go. */
const oldFolder = '_old';
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
  const folder = await stepFolder(outRoot, batch, item.step);
  const target = join(folder, fileNameOf(item));
  const blob = await blobs.path(item.sha256);
  const original = await lstat(blob);
  const state = await stateOf(target, original, item);
  if (state === 'foreign') return 'kept';
  if (state === 'earlier') await moveToOld(outRoot, batch, item);
  if (state === 'absent') await moveEarlierKinds(outRoot, batch, item, folder);
  if (state !== 'same' && !(await place(blob, original, target))) return 'kept';
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
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [position, item] of queue)
      results[position] = await materialise(outRoot, batch, item, blobs);
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

/** The folder of a step, which is surely inside the batch's own. */
async function stepFolder(outRoot: string, batch: string, step: string): Promise<string> {
  const root = join(outRoot, segment(batch));
  await mkdir(root, { recursive: true });
  return ownFolder(await realpath(root), segment(step));
}

async function ownFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) === folder) return folder;
  throw new UserError(`${folder} is a link that leads elsewhere; nothing was written there`, {
    next: ['replace the link by a folder, or choose another place with --out'],
  });
}

const fileNameOf = (file: OutFile): string => segment(file.fileName);

/** Names come out of templates; one that is not a plain name is refused, whatever cleaned it before. */
function segment(name: string): string {
  const plain = name !== '' && !name.startsWith('.') && !/[\p{Cc}/\\:]/u.test(name);
  if (plain && name !== oldFolder && Buffer.byteLength(name) <= 255) return name;
  throw new UserError(`${JSON.stringify(name)} cannot be the name of a file or folder`);
}

const sidecarPath = (target: string): string => {
  const extension = extname(target);
  const stem = extension === '.json' ? target : target.slice(0, target.length - extension.length);
  return `${stem}.json`;
};

async function stateOf(
  target: string,
  original: Stats | undefined,
  item: OutFile & { readonly sha256: string },
): Promise<'absent' | 'same' | 'earlier' | 'foreign'> {
  const facts = await factsOf(target);
  if (!facts) return 'absent';
  if (!facts.isFile()) return 'foreign';
  if (original && sameStamp(facts, original) && facts.size === original.size) return 'same';
  const sha256 = await hashOf(target);
  if (sha256 === item.sha256) return 'same';
  return item.knownShas.includes(sha256) ? 'earlier' : 'foreign';
}

/** Disks keep times to a millisecond or finer; some round. */
const sameStamp = (a: Stats, b: Stats): boolean => Math.abs(a.mtimeMs - b.mtimeMs) < 1;

async function factsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** False when another file appeared at the place meanwhile. */
async function place(blob: string, original: Stats, target: string): Promise<boolean> {
  const temporary = temporaryBeside(target);
  try {
    await copyFile(blob, temporary, constants.COPYFILE_EXCL);
    await utimes(temporary, original.atime, original.mtimeMs / 1_000);
    return await claimName(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A link fails where a rename would replace; disks without links get the rename. */
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

async function placeSidecar(
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

const stemOf = (fileName: string): string =>
  fileName.slice(0, fileName.length - extname(fileName).length);

async function moveToOld(outRoot: string, batch: string, file: OutFile): Promise<void> {
  const source = await stepFolder(outRoot, batch, file.step);
  const old = await ownFolder(await realpath(join(outRoot, segment(batch))), oldFolder);
  const folder = await ownFolder(old, segment(file.step));
  const target = join(source, fileNameOf(file));
  const sidecar = sidecarPath(target);
  const extension = extname(file.fileName);
  const stem = stemOf(file.fileName);
  const sha256 = await hashOf(target);
  let name = `${stem}${extension}`;
  for (let count = 0; await factsOf(join(folder, name)); count += 1) {
    const mark = `~${sha256.slice(0, 8)}${count ? `-${count}` : ''}`;
    name = `${stem}${mark}${extension}`;
  }
  if (await describes(sidecar, sha256)) await rename(sidecar, sidecarPath(join(folder, name)));
  await rename(target, join(folder, name));
}

/** Whether the sidecar belongs to these bytes: a name may be shared by `a.png` that left and `a.webp`. */
async function describes(sidecar: string, sha256: string): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readFile(sidecar, 'utf8'));
    return content !== null && typeof content === 'object' && 'sha256' in content
      ? content.sha256 === sha256
      : false;
  } catch {
    return false;
  }
}
