import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { memo, type Memo } from '../memo.ts';
import { systemCode } from './atomic-file.ts';
import { BlobMissingError, SizeLimitError } from './blobs.ts';
import type { Blobs } from './blobs.ts';
import { makeFolder, syncFolder } from './durable-folder.ts';

const dayMs = 86_400_000;
/** Enough of a file to tell what it is. */
const headBytes = 4_096;

/**
 * Blobs in a folder, `ab/cd/<sha-256>`. A blob is written under a temporary name, flushed, then renamed:
 * several processes may write the same one, and a crash leaves a temporary file at worst, which goes after
 * a day. A blob whose bytes rotted counts as missing, and writing it again mends it.
 */
export function folderBlobs(root: string): Blobs {
  const folder = resolve(root);
  const temporaries = join(folder, 'tmp');
  const prepared = memo(() => prepare(temporaries));
  const folders = durableFolders(folder);
  const place = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new BlobMissingError(sha256);
    return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };

  async function putStream(
    stream: AsyncIterable<Uint8Array>,
    { maxBytes }: { maxBytes: number },
  ): Promise<{ sha256: string; bytes: number; head: Uint8Array }> {
    await prepared.get();
    const temporary = join(temporaries, randomUUID());
    try {
      const handle = await openNew(temporary);
      const written = await copyInto(handle, stream, maxBytes).finally(() => handle.close());
      const target = place(written.sha256);
      if (!(await holds(target, written))) await folders.moveInto(temporary, target);
      // Also where the blob was there: whoever put it there may not have come this far.
      await syncFolder(dirname(target));
      return written;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async function find(sha256: string): Promise<string> {
    const path = place(sha256);
    await stat(path).catch((error: unknown) => missing(error, sha256));
    return path;
  }

  return {
    putStream,
    async put(bytes) {
      return (await putStream(once(bytes), { maxBytes: bytes.byteLength })).sha256;
    },
    async get(sha256) {
      const bytes = await readFile(place(sha256)).catch((error: unknown) => missing(error, sha256));
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        throw new BlobMissingError(sha256);
      return bytes;
    },
    async has(sha256) {
      return find(sha256).then(
        () => true,
        (error: unknown) => {
          if (error instanceof BlobMissingError) return false;
          throw error;
        },
      );
    },
    path: find,
  };
}

/** Clearing away is a courtesy: what cannot be cleared keeps nobody from writing. */
async function prepare(temporaries: string): Promise<void> {
  await makeFolder(temporaries);
  for (const name of await readdir(temporaries).catch(() => [])) {
    const path = join(temporaries, name);
    // Another process may finish or clean the same file meanwhile.
    const facts = await stat(path).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > dayMs)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

async function openNew(temporary: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx');
  } catch (error) {
    // Somebody tidied up.
    if (systemCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(temporary));
    return await open(temporary, 'wx');
  }
}

/**
 * Folders of the store whose names are on the disk. Each is flushed once a process, whoever made it: its
 * maker may be another process that is not done.
 */
function durableFolders(root: string) {
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
    async moveInto(temporary: string, target: string): Promise<void> {
      await ready(dirname(target));
      try {
        await rename(temporary, target);
      } catch (error) {
        // Somebody tidied up: the folders are made anew.
        if (systemCode(error) !== 'ENOENT') throw error;
        known.clear();
        await ready(dirname(target));
        await rename(temporary, target);
      }
    },
  };
}

async function copyInto(
  handle: FileHandle,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ sha256: string; bytes: number; head: Uint8Array }> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    if (bytes < headBytes) head.push(chunk.slice(0, headBytes - bytes));
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new SizeLimitError(maxBytes);
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  await handle.sync();
  return { sha256: hash.digest('hex'), bytes, head: Buffer.concat(head) };
}

/** Whether the blob is there and sound; a damaged one is replaced by the bytes at hand. */
async function holds(path: string, blob: { sha256: string; bytes: number }): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.size !== blob.bytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === blob.sha256;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function missing(error: unknown, sha256: string): never {
  if (systemCode(error) === 'ENOENT') throw new BlobMissingError(sha256);
  throw error;
}
