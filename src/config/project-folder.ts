import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settingsName } from './settings-file.ts';

/** The nearest folder at or above `from` that has `shotlist.yaml` or `.shotlist/`, else `from` itself. */
export function projectFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isProject(folder)) return folder;
    if (folder === dirname(folder)) return from;
  }
}

/**
 * The path of a batch file in its project. A link from outside to a file in a project is resolved; a path
 * in a project stays unchanged.
 */
export function linkedBatch(given: string): string {
  if (isProject(projectFolder(dirname(given)))) return given;
  const real = realPath(given);
  return isProject(projectFolder(dirname(real))) ? real : given;
}

/** The path without links, as far as it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), path.slice(parent.length));
  }
}

function isProject(folder: string): boolean {
  return existsSync(join(folder, settingsName)) || existsSync(join(folder, '.shotlist'));
}
