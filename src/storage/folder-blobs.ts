import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { memo } from '../memo.ts';
import { systemCode } from './atomic-file.ts';
import { BlobMissingError, type Blobs, SizeLimitError } from './blobs.ts';
import { durableFolders, makeFolder, syncFolder } from './durable-folder.ts';

const dayMs = 86_400_000;
/** Enough bytes to detect a file's type. */
const headBytes = 4_096;
const readBytes = 1024 * 1024;

/**
 * Blobs in a folder, `ab/cd/<sha-256>`. A blob is written under a temporary name, flushed, then renamed.
 * Several processes may write the same one. A crash leaves at worst a temporary file, which is removed
 * after a day. A damaged blob counts as missing and moves to `damaged/` when it is read. A new write
 * repairs it.
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
    const temporary = join(temporaries, randomUUID());
    const opening = prepared.get().then(() => openNew(temporary));
    const handle = await opening.catch(async (error: unknown) => {
      await leave(stream);
      throw error;
    });
    try {
      const written = await copyInto(handle, stream, maxBytes).finally(() => handle.close());
      const target = place(written.sha256);
      if (!(await holds(target, written))) await folders.moveInto(temporary, target);
      // Also for an existing blob: its writer may not have reached this flush.
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

  /** Passes the bytes to `use`. A damaged blob is set aside, not deleted: it may be the only copy. */
  async function readSound(
    sha256: string,
    use: (chunk: Buffer) => Promise<unknown>,
  ): Promise<string> {
    const path = place(sha256);
    const cannot = (error: unknown): never => missing(error, sha256);
    await using file = await open(path, 'r').catch(cannot);
    const { ino, size } = await file.stat();
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), readBytes));
    const hash = createHash('sha256');
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null).catch(cannot);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      await use(chunk);
    }
    if (hash.digest('hex') === sha256) return path;
    // Not if the blob was rewritten in the meantime.
    if ((await stat(path).catch(() => undefined))?.ino === ino)
      await setAside(path, join(folder, 'damaged', sha256));
    throw new BlobMissingError(sha256, 'damaged');
  }

  return {
    putStream,
    async put(bytes) {
      return (await putStream(once(bytes), { maxBytes: bytes.byteLength })).sha256;
    },
    async get(sha256) {
      const chunks: Buffer[] = [];
      await readSound(sha256, async (chunk) => chunks.push(Buffer.from(chunk)));
      return Buffer.concat(chunks);
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
    soundPath: (sha256) => readSound(sha256, async () => undefined),
    async copyTo(sha256, target) {
      const handle = await open(target, 'wx');
      try {
        await readSound(sha256, (chunk) => handle.writeFile(chunk));
      } catch (error) {
        await handle.close();
        await rm(target, { force: true });
        throw error;
      }
      await handle.close();
    },
  };
}

/** The cleanup is best effort: its failure does not prevent writes. */
async function prepare(temporaries: string): Promise<void> {
  await makeFolder(temporaries);
  for (const name of await readdir(temporaries).catch(() => [])) {
    const path = join(temporaries, name);
    // Another process may finish or remove the same file in the meantime.
    const facts = await stat(path).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > dayMs)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Closes an unread stream. It must be started first: otherwise it runs no cleanup and keeps its connection. */
async function leave(stream: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next().catch(() => undefined);
  await iterator.return?.().catch(() => undefined);
}

async function openNew(temporary: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx');
  } catch (error) {
    // The folder was removed.
    if (systemCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(temporary));
    return await open(temporary, 'wx');
  }
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

/** Whether the blob exists and is sound. If it is damaged or unreadable, the new bytes replace it. */
async function holds(path: string, blob: { sha256: string; bytes: number }): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.size !== blob.bytes) return false;
  try {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex') === blob.sha256;
  } catch {
    return false;
  }
}

/** Best effort: if the move fails, the next read finds the damage again. */
async function setAside(path: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
    .then(() => rename(path, target))
    .catch(() => undefined);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Errors of this one file. Other errors may be temporary and do not concern it. */
const ofTheFile = new Set(['EACCES', 'EPERM', 'EIO', 'EISDIR', 'ENOTDIR', 'ELOOP']);

function missing(error: unknown, sha256: string): never {
  const code = systemCode(error) ?? '';
  if (code === 'ENOENT') throw new BlobMissingError(sha256);
  if (ofTheFile.has(code)) throw new BlobMissingError(sha256, 'unreadable', error);
  throw error;
}
