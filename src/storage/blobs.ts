/** Bytes by their sha-256. Writing the same bytes twice is harmless; nothing is ever changed. */
export interface Blobs {
  put(bytes: Uint8Array): Promise<string>;
  /** Streams, hashes and places atomically. @throws SizeLimitError above `maxBytes` */
  putStream(
    stream: AsyncIterable<Uint8Array>,
    limits: { maxBytes: number },
  ): Promise<{ sha256: string; bytes: number; head: Uint8Array }>;
  /** @throws BlobMissingError */
  get(sha256: string): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  /** Absolute path of a local copy, for streaming. @throws BlobMissingError */
  path(sha256: string): Promise<string>;
}

export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';
  readonly sha256: string;

  constructor(sha256: string) {
    super(`blob ${sha256} is missing from the blob store`);
    this.sha256 = sha256;
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
