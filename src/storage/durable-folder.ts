import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { memo, type Memo } from '../memo.ts';
import { systemCode } from './atomic-file.ts';

/**
 * Makes a folder and its missing parents. Each new name is flushed to the disk before this resolves, so
 * that a power cut does not lose later files in it.
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Errors of systems that cannot flush a folder. Windows cannot open a folder, and does not need a flush. */
const cannotSync = new Set(['EISDIR', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Flushes the names in a folder. A new or renamed file is safe only after this. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (process.platform === 'win32' || cannotSync.has(systemCode(error) ?? '')) return;
    throw error;
  }
}

/**
 * Folders under `root` with their names flushed to the disk. Each process flushes each folder once, even
 * an existing one: another process may have made it and not flushed it yet.
 */
export function durableFolders(root: string): {
  /** Renames a file into its folder. Makes the folder if it is missing. */
  moveInto(file: string, target: string): Promise<void>;
} {
  const known = new Map<string, Memo<void>>();

  async function make(folder: string): Promise<void> {
    if (folder === root) await makeFolder(root);
    else {
      await ready(dirname(folder));
      await mkdir(folder, { recursive: true });
    }
    await syncFolder(dirname(folder));
  }

  function ready(folder: string): Promise<void> {
    const made = known.get(folder) ?? memo(() => make(folder));
    known.set(folder, made);
    return made.get();
  }

  return {
    async moveInto(file, target) {
      await ready(dirname(target));
      try {
        await rename(file, target);
      } catch (error) {
        // The folders were removed: make them again.
        if (systemCode(error) !== 'ENOENT') throw error;
        known.clear();
        await ready(dirname(target));
        await rename(file, target);
      }
    },
  };
}
