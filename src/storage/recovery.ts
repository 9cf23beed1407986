import { type Dirent, type Stats, createReadStream } from 'node:fs';
import { lstat, readdir, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Blobs } from './blobs.ts';
import { hashOf } from './out-files.ts';

/** Bytes lost from the blob store. */
interface LostBytes {
  readonly sha256: string;
  /** Their length, if known. */
  readonly bytes?: number | null;
  /** Their source file: absolute, or relative to a batch file's folder. */
  readonly path?: string;
}

export interface Recovery {
  /**
   * Puts lost bytes back into the blob store, from their source file or from any copy in `out/`. False if
   * there is no such file. Then `out/` is not searched for them again for some minutes.
   */
  restore(lost: LostBytes): Promise<boolean>;
}

/** Maximum number of names read in `out/`. */
export const recoveryEntriesMax = 1_000_000;
/** Maximum age of a listing of `out/`. It is reused because many blobs are usually missing together. */
const listedForMs = 10_000;
const missedForMs = 5 * 60_000;

export function recovery(
  blobs: Blobs,
  options: {
    readonly outFolder: string;
    /** Folders of the batch files; references are relative to them. */
    readonly folders: () => Promise<readonly string[]>;
  },
): Recovery {
  let copies = new OutCopies(options.outFolder);
  const missedAt = new Map<string, number>();
  const searchOut = async (lost: LostBytes): Promise<boolean> => {
    const now = performance.now();
    if (now - (missedAt.get(lost.sha256) ?? -Infinity) < missedForMs) return false;
    if (copies.ageMs > listedForMs) copies = new OutCopies(options.outFolder);
    const copy = await copies.find(lost);
    if (copy !== undefined && (await putBack(blobs, copy, lost))) return true;
    missedAt.set(lost.sha256, now);
    return false;
  };
  return {
    async restore(lost) {
      if (lost.path !== undefined)
        for (const folder of await options.folders())
          if (await putBack(blobs, resolve(folder, lost.path), lost)) return true;
      return await searchOut(lost);
    },
  };
}

/**
 * The blob gets the file's modification time: a copy in `out/` is recognised by having its blob's time.
 */
async function putBack(blobs: Blobs, path: string, lost: LostBytes): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile() || !isOfSize(facts, lost)) return false;
  if ((await hashOf(path).catch(() => undefined)) !== lost.sha256) return false;
  const maxBytes = Math.max(facts.size, 1);
  const { sha256 } = await blobs.putStream(createReadStream(path), { maxBytes });
  if (sha256 !== lost.sha256) return false;
  await utimes(await blobs.path(sha256), facts.atime, facts.mtimeMs / 1_000);
  return true;
}

const isOfSize = (facts: Stats, { bytes }: LostBytes): boolean =>
  bytes == null || facts.size === bytes;

/** The files in `out/` by content. They are read on demand. */
class OutCopies {
  readonly #root: string;
  readonly #listedAt = performance.now();
  #bySize: Promise<ReadonlyMap<number, readonly string[]>> | undefined;
  readonly #hashes = new Map<string, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  get ageMs(): number {
    return performance.now() - this.#listedAt;
  }

  async find({ sha256, bytes }: LostBytes): Promise<string | undefined> {
    const bySize = await (this.#bySize ??= filesBySize(this.#root));
    const candidates = bytes == null ? [...bySize.values()].flat() : (bySize.get(bytes) ?? []);
    for (const path of candidates) if ((await this.#hash(path)) === sha256) return path;
    return undefined;
  }

  #hash(path: string): Promise<string | undefined> {
    const known = this.#hashes.get(path) ?? hashOf(path).catch(() => undefined);
    this.#hashes.set(path, known);
    return known;
  }
}

/** Links are not followed. A folder that cannot be listed counts as empty. */
async function filesBySize(root: string): Promise<ReadonlyMap<number, readonly string[]>> {
  const bySize = new Map<number, string[]>();
  const folders = [root];
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if ((seen += 1) > recoveryEntriesMax) return bySize;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== '_thumbs') folders.push(path);
      if (!entry.isFile()) continue;
      const facts = await lstat(path).catch(() => undefined);
      if (!facts) continue;
      const alike = bySize.get(facts.size) ?? [];
      alike.push(path);
      bySize.set(facts.size, alike);
    }
  }
  return bySize;
}
