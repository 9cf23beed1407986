import { open } from 'node:fs/promises';
import type { Media } from './kinds.ts';
import { awaitsMore, headBytes, prologueBytesMax, sniffMedia } from './sniff.ts';

/** The bytes of a file, on disk or in memory. */
export interface ByteSource {
  readonly size: number;
  /** Returns fewer bytes at the end of the file. */
  read(at: number, length: number): Promise<Buffer>;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: buffer.length, read: async (at, length) => buffer.subarray(at, at + length) };
}

/** The caller must dispose of it. */
export async function fileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    size,
    async read(at, length) {
      const wanted = Math.max(0, Math.min(length, size - at));
      const buffer = Buffer.allocUnsafe(wanted);
      const { bytesRead } = await file.read(buffer, 0, wanted, at);
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Enough of a file's start to detect its type. */
export async function headOf(source: ByteSource): Promise<Buffer> {
  const head = await source.read(0, headBytes);
  return awaitsMore(head) ? await source.read(0, prologueBytesMax) : head;
}

/** The type of a file on disk. */
export async function sniffFile(path: string): Promise<Media | undefined> {
  await using source = await fileSource(path);
  return sniffMedia(await headOf(source));
}

const windowBytes = 256 * 1024;

/** Reads a source from start to end, one window at a time. */
export class Cursor {
  readonly source: ByteSource;
  at: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(source: ByteSource, at = 0) {
    this.source = source;
    this.at = at;
  }

  get left(): number {
    return this.source.size - this.at;
  }

  /** The next bytes, at most a window; fewer at the end. The cursor does not move. */
  async peek(length: number): Promise<Buffer> {
    const from = this.at - this.#windowAt;
    const isHere = from >= 0 && from + length <= this.#window.length;
    if (!isHere) {
      this.#window = await this.source.read(this.at, Math.max(length, windowBytes));
      this.#windowAt = this.at;
    }
    const start = this.at - this.#windowAt;
    return this.#window.subarray(start, start + length);
  }

  /** The same, and moves the cursor past them. */
  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    this.at += bytes.length;
    return bytes;
  }

  /** The buffered bytes, or else the next window; empty at the end. */
  async window(): Promise<Buffer> {
    const from = this.at - this.#windowAt;
    if (from < 0 || from >= this.#window.length) return await this.peek(windowBytes);
    return this.#window.subarray(from);
  }
}
