import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemCode } from './atomic-file.ts';
import { BlobMissingError, SizeLimitError } from './blobs.ts';
import type { Blobs } from './blobs.ts';

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
  let prepared: Promise<void> | undefined;
  const place = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new BlobMissingError(sha256);
    return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };

  async function putStream(
    stream: AsyncIterable<Uint8Array>,
    { maxBytes }: { maxBytes: number },
  ): Promise<{ sha256: string; bytes: number; head: Uint8Array }> {
    await (prepared ??= prepare(temporaries));
    const temporary = join(temporaries, randomUUID());
    try {
      const handle = await open(temporary, 'wx');
      const written = await copyInto(handle, stream, maxBytes).finally(() => handle.close());
      const target = place(written.sha256);
      if (!(await holds(target, written))) await moveInto(temporary, target);
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

async function prepare(temporaries: string): Promise<void> {
  await mkdir(temporaries, { recursive: true });
  for (const name of await readdir(temporaries)) {
    const path = join(temporaries, name);
    // Another process may finish or clean the same file meanwhile.
    const facts = await stat(path).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > dayMs) await rm(path, { force: true });
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

/** Whether the blob is there and sound; a damaged one is replaced by the bytes at hand. */
async function holds(path: string, blob: { sha256: string; bytes: number }): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.size !== blob.bytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === blob.sha256;
}

async function moveInto(temporary: string, target: string): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  await rename(temporary, target);
  // The name is only safe once its folder is flushed; Windows cannot open a folder and need not.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function missing(error: unknown, sha256: string): never {
  if (systemCode(error) === 'ENOENT') throw new BlobMissingError(sha256);
  throw error;
}
