import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import {
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlobMissingError, SizeLimitError } from '../../src/storage/blobs.ts';
import { folderBlobs } from '../../src/storage/folder-blobs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shotlist-blobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('reset');
}

describe('folderBlobs', () => {
  it('returns any bytes unchanged under their sha-256', async () => {
    const blobs = folderBlobs(folder);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 9_000 }), async (bytes) => {
        const key = await blobs.put(bytes);
        expect(key).toBe(sha(bytes));
        expect(Buffer.from(await blobs.get(key)).equals(bytes)).toBe(true);
        expect(await blobs.has(key)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('streams in pieces and hands back the beginning', async () => {
    const blobs = folderBlobs(folder);
    const [first, second] = [Buffer.alloc(3_000, 1), Buffer.alloc(3_000, 2)];
    const stored = await blobs.putStream(chunks(first, second), { maxBytes: 6_000 });
    expect(stored.bytes).toBe(6_000);
    expect(stored.head).toHaveLength(4_096);
    expect((await stat(await blobs.path(stored.sha256))).size).toBe(6_000);
  });

  it('refuses what is larger than the limit and leaves nothing behind', async () => {
    const blobs = folderBlobs(folder);
    const large = chunks(Buffer.alloc(10), Buffer.alloc(10));
    await expect(blobs.putStream(large, { maxBytes: 15 })).rejects.toThrow(SizeLimitError);
    expect(await readdir(folder, { recursive: true })).toEqual(['tmp']);
  });

  it('leaves nothing behind when the stream breaks', async () => {
    await expect(folderBlobs(folder).putStream(broken(), { maxBytes: 99 })).rejects.toThrow(
      'reset',
    );
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('says which blob is missing, also for a name that is no hash', async () => {
    const blobs = folderBlobs(folder);
    await expect(blobs.get(sha(Buffer.from('x')))).rejects.toThrow(BlobMissingError);
    await expect(blobs.path('../../etc/passwd')).rejects.toThrow(BlobMissingError);
    expect(await blobs.has('../tmp')).toBe(false);
  });

  it('treats a damaged blob as missing and fixes it when the bytes come again', async () => {
    const blobs = folderBlobs(folder);
    const bytes = Buffer.from('an image');
    const key = await blobs.put(bytes);
    await writeFile(await blobs.path(key), 'a pictura');
    await expect(blobs.get(key)).rejects.toThrow(BlobMissingError);
    await blobs.put(bytes);
    expect(Buffer.from(await blobs.get(key)).toString()).toBe('an image');
  });

  it('lets many writers store the same blob at once', async () => {
    const writers = Array.from({ length: 12 }, () => folderBlobs(folder).put(Buffer.from('same')));
    expect(new Set(await Promise.all(writers)).size).toBe(1);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('clears temporary files that are older than a day, and no others', async () => {
    await folderBlobs(folder).put(Buffer.from('make the folder'));
    await writeFile(join(folder, 'tmp', 'old'), '');
    await writeFile(join(folder, 'tmp', 'young'), '');
    const twoDaysAgo = Date.now() / 1_000 - 172_800;
    await utimes(join(folder, 'tmp', 'old'), twoDaysAgo, twoDaysAgo);
    await folderBlobs(folder).put(Buffer.from('again'));
    expect(await readdir(join(folder, 'tmp'))).toEqual(['young']);
  });

  it('works again once a file that stood in the way of its folder is gone', async () => {
    await writeFile(join(folder, 'tmp'), '');
    const blobs = folderBlobs(folder);
    await expect(blobs.put(Buffer.from('hello'))).rejects.toThrow('EEXIST');
    await rm(join(folder, 'tmp'));
    expect(await blobs.has(await blobs.put(Buffer.from('hello')))).toBe(true);
  });

  it('leaves a stream that it cannot take, so that nothing is kept open for it', async () => {
    await writeFile(join(folder, 'tmp'), 'this is no folder');
    let isOpen = true;
    const download = (async function* () {
      try {
        yield* chunks(Buffer.from('a fox'), Buffer.from('in the snow'));
      } finally {
        isOpen = false;
      }
    })();
    await expect(folderBlobs(folder).putStream(download, { maxBytes: 100 })).rejects.toThrow();
    expect(isOpen).toBe(false);
  });

  it('makes its folders again when somebody removed them', async () => {
    const blobs = folderBlobs(folder);
    const key = await blobs.put(Buffer.from('hello'));
    await rm(join(folder, 'tmp'), { recursive: true });
    expect(await blobs.has(await blobs.put(Buffer.from('more')))).toBe(true);
    await rm(join(folder, key.slice(0, 2)), { recursive: true });
    await blobs.put(Buffer.from('hello'));
    expect(await blobs.has(key)).toBe(true);
  });

  it('works again once its disk may be written', async () => {
    const elsewhere = `${folder}-elsewhere`;
    const blobs = folderBlobs(folder);
    await blobs.put(Buffer.from('before'));
    await rename(folder, elsewhere);
    await writeFile(folder, 'a file where the folder was');
    await expect(blobs.put(Buffer.from('hello'))).rejects.toThrow('ENOTDIR');
    await rm(folder);
    await rename(elsewhere, folder);
    expect(await blobs.has(await blobs.put(Buffer.from('hello')))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'works again once the process may open files',
    async () => {
      const script = join(import.meta.dirname, 'put-until-files-run-out.ts');
      const limited = ['-c', 'ulimit -n 128; exec "$0" "$@"', process.execPath, script, folder];
      const { stdout } = await promisify(execFile)('/bin/sh', limited);
      expect(stdout).toBe('EMFILE, then stored\n');
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'flushes the name of each new folder, up to one that was there, once',
    async () => {
      const flushed: string[] = [];
      const probe = await open(folder, 'r');
      const handles = Object.getPrototypeOf(probe) as FileHandle;
      const sync = vi.spyOn(handles, 'sync').mockImplementation(function (this: FileHandle) {
        flushed.push(readlinkSync(`/proc/self/fd/${this.fd}`));
        return this.datasync();
      });
      try {
        const root = join(folder, 'state', 'blobs');
        const blobs = folderBlobs(root);
        const path = await blobs.path(await blobs.put(Buffer.from('hello')));
        const above = [dirname(path), dirname(dirname(path)), root, join(folder, 'state'), folder];
        expect(flushed).toEqual(expect.arrayContaining(above));
        flushed.length = 0;
        await folderBlobs(root).put(Buffer.from('hello'));
        await blobs.put(Buffer.from('hello'));
        expect(flushed).toContain(dirname(path));
        flushed.length = 0;
        await blobs.put(Buffer.from('hello'));
        expect(flushed.filter((each) => !each.startsWith(join(root, 'tmp')))).toEqual([
          dirname(path),
        ]);
      } finally {
        sync.mockRestore();
        await probe.close();
      }
    },
  );
});
