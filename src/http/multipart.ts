import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** A body of known length. Its file is read while it is sent. */
export interface MultipartBody {
  readonly headers: Readonly<Record<string, string>>;
  stream(): Readable;
}

export interface FilePart {
  readonly field: string;
  readonly name: string;
  readonly mime: string;
  /** Absolute path of the bytes. */
  readonly path: string;
}

/** One file and some text fields as multipart/form-data; the file comes first. */
export async function multipart(
  file: FilePart,
  fields: Readonly<Record<string, string>>,
): Promise<MultipartBody> {
  const boundary = `shotlist-${randomUUID()}`;
  const opening = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(file.field)}"; ` +
      `filename="${quoted(file.name)}"\r\ncontent-type: ${file.mime}\r\n\r\n`,
  );
  const rest = Object.entries(fields).map(
    ([name, value]) =>
      `\r\n--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}`,
  );
  const closing = Buffer.from(`${rest.join('')}\r\n--${boundary}--\r\n`);
  const { size } = await stat(file.path);
  async function* parts(): AsyncGenerator<Buffer> {
    yield opening;
    yield* createReadStream(file.path) as AsyncIterable<Buffer>;
    yield closing;
  }
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(opening.length + size + closing.length),
    },
    stream: () => Readable.from(parts(), { objectMode: false }),
  };
}

/** Escapes as browsers do, so that a file name cannot end its header. */
function quoted(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
