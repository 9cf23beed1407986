import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/temporal/find-server.ts';
import { packageRoot } from '../../src/temporal/package-root.ts';
import { takeLock } from '../../src/temporal/process-lock.ts';

/** As tools/s3/go.mod pins it. */
const version = '1.8.0';
export const access = { accessKeyId: 'test-access', secretAccessKey: 'test-secret' };
export const bucket = 'references';
/** The first start on a machine builds the server. */
export const firstStartMs = 10 * 60_000;

export interface S3Server {
  readonly endpoint: string;
  /** The bucket's objects lie here as files. */
  readonly folder: string;
  close(): Promise<void>;
}

/** A real S3 server with one empty bucket. */
export async function startS3(): Promise<S3Server> {
  const binary = await buildOnce();
  const home = mkdtempSync(join(tmpdir(), 'shotlist-s3-'));
  const folder = join(home, 'root', bucket);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(home, 'facts'));
  const port = await freePort();
  const words = ['--port', `127.0.0.1:${port}`, '--quiet'];
  words.push('--access', access.accessKeyId, '--secret', access.secretAccessKey);
  words.push('posix', '--sidecar', join(home, 'facts'), join(home, 'root'));
  const server = spawn(binary, words, { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(endpoint, server);
  return {
    endpoint,
    folder,
    async close() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Kept in the user's cache folder, where processes that want it at once wait for the first. */
async function buildOnce(): Promise<string> {
  const name = platform() === 'win32' ? 'versitygw.exe' : 'versitygw';
  const target = join(
    cacheFolder(process.env, platform(), homedir()),
    `versitygw-${version}`,
    name,
  );
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const lock = await takeLock(join(dirname(target), 'build.lock'));
  try {
    if (existsSync(target)) return target;
    process.stderr.write('building the S3 server for the tests with Go, once; it takes minutes\n');
    const unfinished = `${target}.unfinished`;
    const source = 'github.com/versity/versitygw/cmd/versitygw';
    const words = ['build', '-trimpath', '-o', unfinished, source];
    const cwd = join(packageRoot(), 'tools', 's3');
    await promisify(execFile)('go', words, { cwd }).catch((cause: unknown) => {
      throw new Error('the S3 server for the tests is built with Go 1.26, which failed', { cause });
    });
    renameSync(unfinished, target);
    return target;
  } finally {
    lock.release();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(endpoint: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200 && server.exitCode === null; tries++) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer) return;
    await sleep(50);
  }
  throw new Error('the S3 server for the tests does not start');
}
