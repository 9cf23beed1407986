import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };

/** Encodes the bytes as a server does for this `content-encoding`. */
export function encode(
  bytes: Uint8Array,
  encoding: keyof typeof encoders,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoders[encoding](bytes));
}
