import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { multipart } from '../../src/http/multipart.ts';
import { send } from '../../src/http/request.ts';
import { retryAfterMs } from '../../src/http/retry-after.ts';
import { sniffMedia } from '../../src/media/sniff.ts';
import { json, serve } from './server.ts';

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3_000],
    ['0', 0],
    ['1.5', 1_500],
    ['999999', 3_600_000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['Fri, 02 Jan 2026 00:00:00 GMT', 3_600_000],
    ['soon', null],
    ['-5', null],
    [undefined, null],
  ])('%s: %s', (header, expected) => expect(retryAfterMs(header, now)).toBe(expected));
});

const ftyp = (major: string, ...brands: string[]): string =>
  `\0\0\0${String.fromCharCode(16 + 4 * brands.length)}ftyp${major}\0\0\0\0${brands.join('')}`;

describe('sniffMedia', () => {
  it.each([
    ['\xff\xd8\xff\xe0', 'jpg'],
    ['\x89PNG\r\n\x1a\n', 'png'],
    ['RIFF\0\0\0\0WEBPVP8 ', 'webp'],
    ['GIF89a', 'gif'],
    [ftyp('avif', 'mif1'), 'avif'],
    [ftyp('mif1', 'avif'), 'avif'],
    [ftyp('heic', 'mif1'), 'heic'],
    [ftyp('isom', 'iso2', 'avc1'), 'mp4'],
    [ftyp('mp42'), 'mp4'],
    [ftyp('qt  '), 'mov'],
    ['\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm', 'webm'],
    ['<svg xmlns="http://www.w3.org/2000/svg">', 'svg'],
    ['<?xml version="1.0"?>\n<!-- made -->\n<svg>', 'svg'],
    ['<!-- a --><?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns "x">]>\n<!-- b --><svg/>', 'svg'],
    ['<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd"><svg >', 'svg'],
    ['<!-- <svg> -->', undefined],
    ['<svgs>', undefined],
    ['<!DOCTYPE html><html><svg>', undefined],
    ['{"error":"no"}', undefined],
    [ftyp('M4A ', 'isom'), undefined],
    ['RIFF\0\0\0\0WAVE', undefined],
    ['', undefined],
  ])('%j: %s', (head, ext) => expect(sniffMedia(Buffer.from(head, 'latin1'))?.ext).toBe(ext));
});

describe('multipart', () => {
  it('streams a file with its fields and announces the length', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'a.jpg');
    await writeFile(path, 'image');
    const { url, received } = await serve((_, response) => json(response, 200, {}));
    const part = { field: 'file', name: 'a"\r\n.jpg', mime: 'image/jpeg', path };
    const body = await multipart(part, { data: '{"type":"x"}' });
    await send({ method: 'POST', url, headers: {}, body, timeoutMs: 2_000 });
    const [one] = received;
    expect(Number(one?.headers['content-length'])).toBe(one?.body.length);
    const [boundary] = one?.body.split('\r\n') ?? [];
    expect(one?.body).toBe(
      [
        boundary,
        'content-disposition: form-data; name="file"; filename="a%22%0D%0A.jpg"',
        'content-type: image/jpeg',
        '',
        'image',
        boundary,
        'content-disposition: form-data; name="data"',
        '',
        '{"type":"x"}',
        `${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });
});
