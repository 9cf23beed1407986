import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemCode } from './atomic-file.ts';

/**
 * Makes a folder and those above it. The name of each new one is on the disk before this resolves, so
 * that a power cut does not take what is put into it.
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

/** What systems say that cannot flush a folder; Windows cannot even open one, and need not. */
const cannotSync = new Set(['EISDIR', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Flushes the names in a folder: a new or renamed file is only safe after it. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (process.platform === 'win32' || cannotSync.has(systemCode(error) ?? '')) return;
    throw error;
  }
}
