import { open } from 'node:fs/promises';
import type { Media } from './kinds.ts';
import { awaitsMore, headBytes, prologueBytesMax, sniffMedia } from './sniff.ts';

/** The bytes of a file, wherever they lie. */
export interface ByteSource {
  readonly size: number;
  /** Fewer bytes where the file ends before. */
  read(at: number, length: number): Promise<Buffer>;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: buffer.length, read: async (at, length) => buffer.subarray(at, at + length) };
}

/** To be disposed of. */
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

/** As much of a file's beginning as tells what it is. */
export async function headOf(source: ByteSource): Promise<Buffer> {
  const head = await source.read(0, headBytes);
  return awaitsMore(head) ? await source.read(0, prologueBytesMax) : head;
}

/** What a file on disk is. */
export async function sniffFile(path: string): Promise<Media | undefined> {
  await using source = await fileSource(path);
  return sniffMedia(await headOf(source));
}

const windowBytes = 256 * 1024;

/** Walks through a source from front to back, a window at a time. */
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

  /** The next bytes, at most a window; fewer at the end. The cursor stays. */
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

  /** The same, and goes on behind them. */
  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    this.at += bytes.length;
    return bytes;
  }

  /** All that is at hand without reading more than a window; empty at the end. */
  async window(): Promise<Buffer> {
    const from = this.at - this.#windowAt;
    if (from < 0 || from >= this.#window.length) return await this.peek(windowBytes);
    return this.#window.subarray(from);
  }
}
