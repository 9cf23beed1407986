import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** A file of test/media/samples: made by encoders, a frame or two of a few pixels. */
export function sample(name: string): Buffer {
  return readFileSync(new URL(`./samples/${name}`, import.meta.url));
}

export const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
export const join = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin(part) : part)));

export const u16le = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
export function u32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
export function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A box of an ISO base media file. */
export const box = (type: string, ...content: readonly (Buffer | string)[]): Buffer => {
  const body = join(...content);
  return join(u32be(body.length + 8), type, body);
};
export const ftyp = (major: string, ...brands: readonly string[]): Buffer =>
  box('ftyp', major, u32be(0), ...brands);

/** A chunk of a RIFF file. */
export const riff = (id: string, ...content: readonly (Buffer | string)[]): Buffer => {
  const body = join(...content);
  return join(id, u32le(body.length), body, Buffer.alloc(body.length % 2));
};

/** A chunk of a PNG. */
export const pngChunk = (type: string, content: Buffer): Buffer => {
  const body = join(type, content);
  return join(u32be(content.length), body, u32be(crc32(body)));
};

/** The chunks of a PNG, with their places in it. */
export function* pngChunks(png: Buffer): Generator<{ type: string; at: number; end: number }> {
  for (let at = 8; at < png.length;) {
    const end = at + png.readUInt32BE(at) + 12;
    yield { type: png.toString('latin1', at + 4, at + 8), at, end };
    at = end;
  }
}

/** The box of that type at the top of a file. */
export function boxAt(file: Buffer, type: string): { at: number; end: number } {
  for (let at = 0; at + 8 <= file.length;) {
    const end = at + file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === type) return { at, end };
    at = end;
  }
  throw new Error(`there is no box ${type}`);
}

export const cut = (file: Buffer, bytes: number): Buffer => file.subarray(0, file.length - bytes);
export const half = (file: Buffer): Buffer => file.subarray(0, file.length / 2);

/** A copy with bytes written over it. */
export function patched(file: Buffer, at: number, bytes: Buffer): Buffer {
  const copy = Buffer.from(file);
  bytes.copy(copy, at < 0 ? file.length + at : at);
  return copy;
}
