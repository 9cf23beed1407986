import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostingError } from '../../src/hosting/port.ts';
import { s3Host } from '../../src/hosting/s3-host.ts';
import type { S3HostSettings } from '../../src/config/host-settings.ts';
import type { FileToUpload } from '../../src/providers/port.ts';
import { access, bucket, firstStartMs, startS3, type S3Server } from './s3-server.ts';

let server: S3Server;
const home = mkdtempSync(join(tmpdir(), 'shotlist-hosting-'));
beforeAll(async () => {
  server = await startS3();
}, firstStartMs);
afterAll(async () => {
  await server?.close();
  rmSync(home, { recursive: true, force: true });
});

const settings = (changes: Partial<S3HostSettings> = {}): S3HostSettings => ({
  kind: 's3',
  bucket,
  prefix: 'shots/',
  endpoint: server.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  expiresMs: 3_600_000,
  credentials: access,
  ...changes,
});

function fileOf(content: string | Uint8Array, name = 'fox.png'): FileToUpload {
  const path = join(home, name);
  writeFileSync(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const { size: bytes } = statSync(path);
  return { sha256, mime: 'image/png', bytes, name, path, trainedModel: undefined };
}

describe('a reference host in S3', () => {
  it('puts a file under its hash, and gives a link that anyone may fetch', async () => {
    const content = Buffer.alloc(300_000, 'fox');
    const file = fileOf(content);
    const { url, remote, ready, expiresAt } = await s3Host(settings(), () => 1_000).upload(file);
    expect([remote, ready, expiresAt]).toEqual([`shots/${file.sha256}.png`, true, 3_601_000]);
    const answer = await fetch(url ?? '');
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    const unsigned = await fetch(String(url).split('?')[0] ?? '');
    expect(unsigned.status).toBe(403);
  });

  it('sends bytes that are there already no second time', async () => {
    const file = fileOf('the same bytes', 'a.png');
    const host = s3Host(settings({ prefix: 'once/' }));
    await host.upload(file);
    const [name = ''] = readdirSync(join(server.folder, 'once'));
    const { mtimeMs, ino } = statSync(join(server.folder, 'once', name));
    await host.upload(fileOf('the same bytes', 'another name.png'));
    expect(readdirSync(join(server.folder, 'once'))).toEqual([name]);
    expect(statSync(join(server.folder, 'once', name))).toMatchObject({ mtimeMs, ino });
  });

  it('tells what the server said, and that trying again is no use', async () => {
    const wrong = { ...access, secretAccessKey: 'wrong' };
    const failures = [
      s3Host(settings({ credentials: wrong })),
      s3Host(settings({ bucket: 'nowhere' })),
      s3Host(settings({ credentials: undefined })),
    ].map((host) => host.upload(fileOf('x')).catch((error: unknown) => error));
    const [refused, missing, noKey] = (await Promise.all(failures)) as HostingError[];
    for (const error of [refused, missing, noKey]) {
      expect(error).toBeInstanceOf(HostingError);
      expect(error).toMatchObject({ lasting: true });
    }
    expect(refused?.message).toMatch(/^s3:\/\/references\/shots\/ refused the file: Sig/);
    expect(missing?.message).toContain('NoSuchBucket');
    expect(noKey?.message).toContain('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
    expect(refused?.message).not.toContain(access.secretAccessKey);
  });

  it('is worth another try when nobody answers', async () => {
    const host = s3Host(settings({ endpoint: 'http://127.0.0.1:9' }));
    await expect(host.upload(fileOf('x'))).rejects.toMatchObject({ lasting: false });
  });

  it('is another place at another endpoint', () => {
    const { key } = s3Host(settings());
    expect(key).toBe(`s3://references/shots/@${server.endpoint}`);
    expect(s3Host(settings({ endpoint: undefined })).key).toBe('s3://references/shots/');
  });
});
