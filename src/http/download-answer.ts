import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { encodingsOf, unpacked } from './encoding.ts';
import { errorCode, HttpError, TooLargeError, TruncatedError } from './errors.ts';
import type { TimeLimits } from './time-limits.ts';

/**
 * The file in an answer.
 * @throws HttpError, TooLargeError, EncodingError; the stream also TruncatedError
 */
export async function readAnswer(
  answer: Dispatcher.ResponseData,
  request: { readonly maxBytes: number; readonly unpack?: boolean },
  limits: TimeLimits,
  redact: (text: string) => string,
): Promise<{ stream: AsyncIterable<Uint8Array>; isDelimited: boolean }> {
  const { label } = limits;
  const { headers } = answer;
  const { maxBytes } = request;
  if (!isWhole(answer)) {
    const body = await firstText(answer);
    throw new HttpError(label, {
      status: answer.statusCode,
      headers: flat(headers),
      body: redact(body.slice(0, 4_000)),
    });
  }
  const announced = Number(headers['content-length']);
  const bytes = headers['content-length'] !== undefined && announced >= 0 ? announced : null;
  if (bytes !== null && bytes > maxBytes) {
    discard(answer);
    throw new TooLargeError(label, maxBytes);
  }
  const encodings = request.unpack === false ? [] : encodingsIn(answer);
  // The announced length is that of the bytes in transfer, before unpacking.
  const received = checked(answer.body, { label, bytes, maxBytes }, limits);
  return {
    stream:
      encodings.length === 0 ? received : capped(unpacked(received, encodings), maxBytes, label),
    isDelimited: bytes !== null || headers['transfer-encoding'] !== undefined,
  };
}

function encodingsIn(answer: Dispatcher.ResponseData): ReturnType<typeof encodingsOf> {
  try {
    return encodingsOf(answer.headers['content-encoding']);
  } catch (error) {
    discard(answer);
    throw error;
  }
}

/** A partial answer (206) is whole when its range covers the entire file. */
function isWhole({ statusCode, headers }: Dispatcher.ResponseData): boolean {
  if (statusCode !== 206) return statusCode === 200 || statusCode === 203;
  const [, last, all] = /^bytes 0-(\d+)\/(\d+)$/.exec(String(headers['content-range'] ?? '')) ?? [];
  return all !== undefined && Number(last) + 1 === Number(all);
}

async function* capped(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  label: string,
): AsyncGenerator<Uint8Array> {
  let unpackedBytes = 0;
  for await (const chunk of stream) {
    unpackedBytes += chunk.length;
    if (unpackedBytes > maxBytes) throw new TooLargeError(label, maxBytes);
    yield chunk;
  }
}

/** Passes chunks on until the body ends, is cut off or grows too large. */
async function* checked(
  body: Dispatcher.ResponseData['body'],
  expected: { label: string; bytes: number | null; maxBytes: number },
  limits: TimeLimits,
): AsyncGenerator<Uint8Array> {
  const { label, bytes, maxBytes } = expected;
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      limits.heard();
      received += chunk.length;
      if (received > maxBytes) throw new TooLargeError(label, maxBytes);
      yield chunk;
    }
    if (bytes !== null && received !== bytes)
      throw new TruncatedError(label, { received, expected: bytes });
  } catch (error) {
    if (limits.signal.aborted) throw limits.signal.reason;
    if (error instanceof TooLargeError || error instanceof TruncatedError) throw error;
    if (errorCode(error) === undefined) throw error;
    throw new TruncatedError(label, { received, expected: bytes });
  } finally {
    limits.end();
    body.on('error', () => undefined).destroy();
  }
}

/** The start of an error's body. Reading stops after about 16,000 bytes. */
async function firstText(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > 16_000) break;
    }
  } catch {
    // The status alone is enough.
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

export function discard(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined).destroy();
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
