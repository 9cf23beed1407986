/** Bytes by their sha-256. Writing the same bytes twice is harmless; nothing is ever changed. */
export interface Blobs {
  put(bytes: Uint8Array): Promise<string>;
  /** Streams, hashes and places atomically. A stream that fails to be taken is left. @throws SizeLimitError above `maxBytes` */
  putStream(
    stream: AsyncIterable<Uint8Array>,
    limits: { maxBytes: number },
  ): Promise<{ sha256: string; bytes: number; head: Uint8Array }>;
  /** @throws BlobMissingError */
  get(sha256: string): Promise<Uint8Array>;
  /** Whether there is one of that name. Its bytes are not read. */
  has(sha256: string): Promise<boolean>;
  /** Absolute path of a local copy, for streaming. Its bytes are not read. @throws BlobMissingError */
  path(sha256: string): Promise<string>;
  /** The same, after all of its bytes were read and are right. @throws BlobMissingError */
  soundPath(sha256: string): Promise<string>;
  /**
   * Copies into a new file, and checks the bytes on the way. Nothing is left there after a failure.
   * @throws BlobMissingError
   */
  copyTo(sha256: string, file: string): Promise<void>;
}

/** Bytes that cannot be had here. `damaged`: others stand in their place. `unreadable`: the disk refuses them. */
export type BlobProblem = 'missing' | 'damaged' | 'unreadable';

export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';
  readonly sha256: string;
  readonly problem: BlobProblem;

  constructor(sha256: string, problem: BlobProblem = 'missing', cause?: unknown) {
    super(`blob ${sha256} is ${problem} in the blob store`, { cause });
    this.sha256 = sha256;
    this.problem = problem;
  }
}

export class SizeLimitError extends Error {
  override readonly name = 'SizeLimitError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`larger than the limit of ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}
