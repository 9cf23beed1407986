/** Bytes by their sha-256. A repeated write is harmless; a blob never changes. */
export interface Blobs {
  put(bytes: Uint8Array): Promise<string>;
  /** Streams, hashes and stores atomically. A failure closes the stream. @throws SizeLimitError above `maxBytes` */
  putStream(
    stream: AsyncIterable<Uint8Array>,
    limits: { maxBytes: number },
  ): Promise<{ sha256: string; bytes: number; head: Uint8Array }>;
  /** @throws BlobMissingError */
  get(sha256: string): Promise<Uint8Array>;
  /** Whether the blob exists. Its bytes are not read. */
  has(sha256: string): Promise<boolean>;
  /** Absolute path of a local copy, for streaming. Its bytes are not read. @throws BlobMissingError */
  path(sha256: string): Promise<string>;
  /** The same, after a check of all its bytes. @throws BlobMissingError */
  soundPath(sha256: string): Promise<string>;
  /**
   * Copies into a new file and checks the bytes. A failure leaves no file behind.
   * @throws BlobMissingError
   */
  copyTo(sha256: string, file: string): Promise<void>;
}

/** Why a blob is not available. `damaged`: its bytes are wrong. `unreadable`: the disk cannot read them. */
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
