import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';

/** Maximum layers of compression in one answer. */
export const encodingsMax = 4;

/** The bytes do not match their announced compression, or they are cut off. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  readonly encoding: string;

  constructor(encoding: string, cause?: unknown) {
    super(`its compression (${encoding}) cannot be undone`, { cause });
    this.encoding = encoding;
  }
}

type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';

const codings: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
};

/**
 * The compressions of a body, in the order of unpacking. Unknown names are ignored: browsers also take
 * such a body unchanged.
 * @throws EncodingError beyond `encodingsMax`
 */
export function encodingsOf(header: string | readonly string[] | undefined): readonly Coding[] {
  const names = [header ?? []].flat().join(',').toLowerCase();
  const found = names.split(',').flatMap((name) => codings[name.trim()] ?? []);
  if (found.length > encodingsMax) throw new EncodingError(`${found.length} layers`);
  return found.toReversed();
}

/**
 * Unpacks one compression after the other while the bytes arrive. The reader must limit the output.
 * @throws EncodingError (the stream); else what `stream` throws
 */
export function unpacked(
  stream: AsyncIterable<Uint8Array>,
  encodings: readonly Coding[],
): AsyncIterable<Uint8Array> {
  return encodings.reduce(unpackedOnce, stream);
}

async function* unpackedOnce(
  stream: AsyncIterable<Uint8Array>,
  encoding: Coding,
): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peek(stream, magicBytes);
  if (head.length === 0 || !isReally(encoding, head)) {
    yield* whole;
    return;
  }
  let failure: { readonly error: unknown } | undefined;
  const source = Readable.from(
    (async function* () {
      try {
        yield* whole;
      } catch (error) {
        failure = { error };
        throw error;
      }
    })(),
    { objectMode: false },
  );
  const unpack = pipeline(source, unpackerFor(encoding, head), () => undefined);
  try {
    for await (const chunk of unpack) yield chunk as Uint8Array;
  } catch (error) {
    throw failure ? failure.error : new EncodingError(encoding, error);
  }
}

/** At least the first `length` bytes of a stream, or all if it is shorter; and the whole stream, them included. */
export async function peek(
  stream: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ head: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  let isOver = false;
  while (head.length < length && !isOver) {
    const next = await iterator.next();
    if (next.done === true) isOver = true;
    else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const whole = (async function* () {
    try {
      if (head.length > 0) yield head;
      if (isOver) return;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
  return { head, whole };
}

const magicBytes = 4;

/** Some servers announce compression for files that are not compressed. */
function isReally(encoding: Coding, head: Uint8Array): boolean {
  const magic = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] }[encoding as string] ?? [];
  return magic.every((byte, index) => head[index] === byte);
}

/** Deflate should have a zlib header, and often has none. */
function isBare(head: Uint8Array): boolean {
  const [first = 0, second = 0] = head;
  return (first & 0x0f) !== 8 || (first * 256 + second) % 31 !== 0;
}

function unpackerFor(encoding: Coding, head: Uint8Array): Transform {
  switch (encoding) {
    case 'gzip':
      return zlib.createGunzip();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      return zlib.createZstdDecompress();
    case 'deflate':
      return isBare(head) ? zlib.createInflateRaw() : zlib.createInflate();
  }
}

/**
 * Unpacks bytes in memory. @param isCut the bytes may end anywhere; the unpacked part is returned
 * @throws EncodingError, or RangeError when the output is larger than `maxBytes`
 */
export function unpackedBytes(
  bytes: Buffer,
  encodings: readonly Coding[],
  { maxBytes, isCut = false }: { maxBytes: number; isCut?: boolean },
): Buffer {
  return encodings.reduce((packed, encoding) => {
    if (packed.length === 0 || !isReally(encoding, packed)) return packed;
    try {
      return unpackBytes(packed, encoding, maxBytes, isCut);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      throw new EncodingError(encoding, error);
    }
  }, bytes);
}

function unpackBytes(bytes: Buffer, encoding: Coding, maxOutputLength: number, isCut: boolean) {
  const { constants } = zlib;
  switch (encoding) {
    case 'br': {
      const finishFlush = isCut ? constants.BROTLI_OPERATION_FLUSH : undefined;
      return zlib.brotliDecompressSync(bytes, { maxOutputLength, finishFlush });
    }
    case 'zstd': {
      const finishFlush = isCut ? constants.ZSTD_e_flush : undefined;
      return zlib.zstdDecompressSync(bytes, { maxOutputLength, finishFlush });
    }
    default: {
      const options = { maxOutputLength, finishFlush: isCut ? constants.Z_SYNC_FLUSH : undefined };
      if (encoding === 'gzip') return zlib.gunzipSync(bytes, options);
      return isBare(bytes) ? zlib.inflateRawSync(bytes, options) : zlib.inflateSync(bytes, options);
    }
  }
}
