import { randomBytes } from 'node:crypto';
import { setImmediate as othersTurn } from 'node:timers/promises';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EncodingError, encodingsOf, unpacked, unpackedBytes } from '../../src/http/encoding.ts';
import { failure } from './server.ts';

const text = Buffer.from('{"id": "a job", "why": "none"} '.repeat(3_000));
/** By the name that a server gives it. */
const packers: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  'X-GZIP': zlib.gzipSync,
  deflate: zlib.deflateSync,
  'deflate without its header': zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
  'gzip, br': (bytes) => zlib.brotliCompressSync(zlib.gzipSync(bytes)),
  'gzip, gzip': (bytes) => zlib.gzipSync(zlib.gzipSync(bytes)),
};
const nameOf = (packer: string): string => packer.replace(' without its header', '');

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

describe.each(Object.entries(packers))('a body in %s', (name, pack) => {
  const encodings = encodingsOf(nameOf(name));

  it.each([1, 1_000, 1_000_000])(
    'is unpacked while it comes, %d bytes at a time',
    async (length) => {
      const packed = pack(text.subarray(0, 10_000));
      expect(await read(unpacked(pieces(packed, length), encodings))).toEqual(
        text.subarray(0, 10_000),
      );
    },
  );

  it('is unpacked at once, up to a limit', () => {
    expect(unpackedBytes(pack(text), encodings, { maxBytes: text.length })).toEqual(text);
    expect(() => unpackedBytes(pack(text), encodings, { maxBytes: 100 })).toThrow(RangeError);
  });

  it('is an error when it breaks off', async () => {
    const half = pack(text).subarray(0, pack(text).length / 2);
    expect(await failure(read(unpacked(pieces(half, 50), encodings)))).toBeInstanceOf(
      EncodingError,
    );
    expect(() => unpackedBytes(half, encodings, { maxBytes: text.length })).toThrow(EncodingError);
  });

  it('fails as its source fails, and lets go of it when nobody reads on', async () => {
    let isClosed = false;
    async function* broken(): AsyncGenerator<Uint8Array> {
      try {
        yield pack(text).subarray(0, 40);
        throw new Error('the network is gone');
      } finally {
        isClosed = true;
      }
    }
    expect(String(await failure(read(unpacked(broken(), encodings))))).toContain('network is gone');
    expect(isClosed).toBe(true);
    const packed = pack(randomBytes(600_000));
    let taken = 0;
    let isLeft = false;
    async function* long(): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of pieces(packed, 10_000)) {
          taken += piece.length;
          yield piece;
          await othersTurn();
        }
      } finally {
        isLeft = true;
      }
    }
    for await (const _ of unpacked(long(), encodings)) break;
    await expect.poll(() => isLeft).toBe(true);
    expect(taken).toBeLessThan(packed.length);
  });
});

describe('a body that is said to be compressed', () => {
  it.each(['gzip', 'zstd'])('and is not, is taken as it is: %s', async (name) => {
    expect(await read(unpacked(pieces(text, 999), encodingsOf(name)))).toEqual(text);
    expect(unpackedBytes(text, encodingsOf(name), { maxBytes: 1 })).toEqual(text);
  });

  it('in a way that nobody knows is taken as it is', async () => {
    for (const header of [undefined, '', 'identity', 'aws-chunked', 'none', 'utf-8'])
      expect(encodingsOf(header)).toEqual([]);
    expect(await read(unpacked(pieces(text, 999), []))).toEqual(text);
  });

  it('and is empty, is empty', async () => {
    expect(await read(unpacked(pieces(Buffer.alloc(0), 1), encodingsOf('gzip')))).toHaveLength(0);
    expect(unpackedBytes(Buffer.alloc(0), encodingsOf('br'), { maxBytes: 1 })).toHaveLength(0);
  });

  it('in more than four layers is refused', () => {
    expect(encodingsOf(['gzip, br', 'deflate, zstd'])).toEqual(['zstd', 'deflate', 'br', 'gzip']);
    expect(() => encodingsOf('gzip, gzip, gzip, gzip, gzip')).toThrow(EncodingError);
  });
});
