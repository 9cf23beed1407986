import { readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseBatch } from '../../batch/file/parse.ts';
import { batchBytesMax } from '../../batch/file/yaml-file.ts';
import type { Config } from '../../config/config.ts';
import { UserError } from '../../errors.ts';
import type { BatchLedger, BatchRow } from '../../ledger/port.ts';
import { systemCode } from '../../storage/atomic-file.ts';
import { realPath } from '../../config/project-folder.ts';
import type { Project } from './project.ts';

type Place = Pick<Config, 'home' | 'ledgerPath'>;

/**
 * The owner of a batch in the ledger: the batch file's real path. Relative to the project folder
 * and with `/`, so a project may be moved, renamed, or reached by links. Absolute for a file
 * outside the project. Also absolute when the ledger lies outside the project, since several
 * projects may share it.
 */
export function ownerOf(config: Place, path: string): string {
  // A link in the project to a file elsewhere belongs to the project: references are relative to
  // the link.
  const place = join(realPath(dirname(path)), basename(path));
  if (!isOwnLedger(config)) return place;
  const folder = realPath(config.home);
  const inside = [realPath(path), place].find((file) => isInside(folder, file));
  return inside === undefined ? place : relative(folder, inside).split(sep).join('/');
}

/** The project in the ledger. A ledger of its own needs no path, so a project may be moved. */
export function projectOf(config: Place): string {
  return isOwnLedger(config) ? '' : realPath(config.home);
}

/** Absolute path of the file that an owner names. */
export function ownerFile({ home }: Pick<Config, 'home'>, ownerPath: string): string {
  return resolve(home, ownerPath);
}

/** The owner's file as a person in `folder` may write it. */
export function shownOwner(
  config: Pick<Config, 'home'>,
  ownerPath: string,
  folder: string,
): string {
  const file = ownerFile(config, ownerPath);
  const near = relative(folder, file);
  return near.length <= file.length ? near : file;
}

/**
 * The owner of a batch's name when this file runs. The name passes to this file when its owner is
 * gone, is this file by another path, or now holds another batch. Then `from` is the owner on
 * record, and `was` is its path as shown to a person.
 * @throws UserError when another file has the name
 */
export function claimName(
  { config, fileOf }: Pick<Project, 'config' | 'fileOf'>,
  batch: { readonly name: string; readonly path: string },
  current: Pick<BatchRow, 'ownerPath'> | undefined,
): { readonly ownerPath: string; readonly from?: string; readonly was?: string } {
  const ownerPath = ownerOf(config, batch.path);
  if (!current || current.ownerPath === ownerPath) return { ownerPath };
  const [own, other] = [fileOf({ ownerPath }), fileOf(current)];
  if (isHeir(config, batch, current)) return { ownerPath, from: current.ownerPath, was: other };
  throw new UserError(`the batch name ${batch.name} belongs to ${other}`, {
    next: [
      `give this batch a name of its own: batch: ${batch.name}-2 in ${own}`,
      `or remove ${other}, if ${own} has taken its place; paid work stays`,
    ],
  });
}

/** Whether the name of a batch passes to this file. */
export function isHeir(
  config: Pick<Config, 'home'>,
  { name, path }: { readonly name: string; readonly path: string },
  { ownerPath }: Pick<BatchRow, 'ownerPath'>,
): boolean {
  const owner = ownerFile(config, ownerPath);
  let facts: Stats;
  try {
    facts = statSync(owner);
  } catch (error) {
    // A file that cannot be accessed may still exist.
    return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
  }
  const own = statSync(path);
  if (facts.ino === own.ino && facts.dev === own.dev) return true;
  if (!facts.isFile()) return true;
  const held = nameIn(owner);
  return held !== undefined && held !== name;
}

/** The name of the batch in a file; undefined when the file cannot be read. */
export function nameIn(file: string): string | undefined {
  try {
    if (statSync(file).size > batchBytesMax) return undefined;
    const source = readFileSync(file, 'utf8');
    const written = parseBatch(source, file).document?.batch;
    return written ?? /^batch:[ \t]*(["']?)([\w-]+)\1/m.exec(source)?.[2];
  } catch {
    return undefined;
  }
}

/** Compares the paths as text. */
function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

/** Several projects may share a ledger that lies elsewhere. */
function isOwnLedger({ home, ledgerPath }: Place): boolean {
  return isInside(realPath(home), realPath(ledgerPath));
}

/**
 * Makes owners relative that an earlier version wrote as absolute paths. When such a file is gone,
 * looks for it in this project: the project was moved.
 */
export async function relocateOwners(config: Place, batches: BatchLedger): Promise<void> {
  if (!isOwnLedger(config)) return;
  const home = realPath(config.home);
  for (const { batch, ownerPath, project } of await batches.list()) {
    // Another project in this one keeps its batches, and its limits count for them.
    if (!isAbsolute(ownerPath) || project !== '') continue;
    const file = movedHere(home, batch, realPath(ownerPath));
    if (!isInside(home, file)) continue;
    const own = { ownerPath: ownerOf(config, file), project: projectOf(config) };
    await batches.passOn(batch, ownerPath, own);
  }
}

/** The longest suffix of the path that leads to this batch's file in the project, else the path itself. */
function movedHere(home: string, batch: string, path: string): string {
  if (isInside(home, path) || nameIn(path) !== undefined) return path;
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  for (let from = 0; from < parts.length; from += 1) {
    const file = resolve(home, ...parts.slice(from));
    if (nameIn(file) === batch) return file;
  }
  return path;
}
