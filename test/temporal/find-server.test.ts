import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  cacheFolder,
  cachedBinary,
  cliVersion,
  findServer,
} from '../../src/temporal/find-server.ts';
import { packageRoot } from '../../src/temporal/package-root.ts';

let folder: string;
let progress: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shotlist-find-'));
  progress = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(file: string, lines: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

function temporal(file: string, serverVersion: string): string {
  return program(file, `echo "temporal version 1.8.2 (Server ${serverVersion}, UI 2.50.1)"`);
}

function find(...searchPath: string[]) {
  return findServer({
    searchPath: searchPath.join(delimiter),
    cacheDir: join(folder, 'cache'),
    onProgress: (line) => progress.push(line),
    downloadSilenceMs: 0,
  });
}

describe('findServer', () => {
  it('prefers the program on PATH to the cache', async () => {
    temporal(cachedBinary(join(folder, 'cache')), '1.31.2');
    const binary = temporal(join(folder, 'bin', 'temporal'), '1.32.0');
    expect(await find(join(folder, 'empty'), join(folder, 'bin'))).toEqual({
      binary,
      serverVersion: '1.32.0',
    });
  });

  it('passes over a program on PATH that is too old or does not run, and says so', async () => {
    const cached = temporal(cachedBinary(join(folder, 'cache')), '1.31.2');
    temporal(join(folder, 'bin', 'temporal'), '1.9.0');
    expect((await find(join(folder, 'bin'))).binary).toBe(cached);
    expect(progress.join('\n')).toContain('it has Temporal server 1.9.0, Shotlist needs 1.30.0');

    program(join(folder, 'bin', 'temporal'), 'exit 3');
    expect((await find(join(folder, 'bin'))).binary).toBe(cached);
    expect(progress.at(-1)).toContain('it does not run');
  });

  it('builds with Go what it can neither find nor download, and keeps it', async () => {
    const made = temporal(join(folder, 'made'), '1.31.2');
    program(
      join(folder, 'bin', 'go'),
      `grep -q "temporalio/cli v${cliVersion}" go.mod || exit 1
      case "$*" in
        "list -deps -tags release,"*" github.com/temporalio/cli/cmd/temporal") echo fmt ;;
        "build "*" -tags release,"*" github.com/temporalio/cli/cmd/temporal")
          while [ "$1" != -o ]; do shift; done
          cp ${made} "$2" ;;
        *) exit 2 ;;
      esac`,
    );
    const expected = { binary: cachedBinary(join(folder, 'cache')), serverVersion: '1.31.2' };
    const both = await Promise.all([find(join(folder, 'bin')), find(join(folder, 'bin'))]);
    expect(both).toEqual([expected, expected]);
    const built = progress.filter((line) => line === 'the Temporal server is built');
    expect(built).toHaveLength(1);
    expect(await find()).toEqual(expected);
  });

  it('says how to get a server when there is no way', async () => {
    program(join(folder, 'bin', 'go'), 'echo "go: no network" >&2; exit 1');
    const error = await find(join(folder, 'bin')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    const { exitCode, next } = error as UserError;
    expect(exitCode).toBe(1);
    expect(next.join('\n')).toMatch(/docs\.temporal\.io\/cli[^]*Go 1\.26[^]*TEMPORAL_ADDRESS/);
    expect(progress).toContain('the build failed: go: no network');
  });
});

describe('the pinned Temporal CLI', () => {
  it('has the same version in go.mod as in the name of the cache folder', () => {
    const goMod = readFileSync(join(packageRoot(), 'tools', 'temporal', 'go.mod'), 'utf8');
    expect(goMod).toContain(`github.com/temporalio/cli v${cliVersion}`);
  });
});

describe('cacheFolder', () => {
  it.each([
    ['linux', {}, '/home/me/.cache/shotlist'],
    ['linux', { XDG_CACHE_HOME: '/fast' }, '/fast/shotlist'],
    ['darwin', { XDG_CACHE_HOME: '/fast' }, '/home/me/Library/Caches/shotlist'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/shotlist'],
  ] as const)('follows the custom of %s with %o', (platform, environment, folderThere) => {
    expect(cacheFolder(environment, platform, '/home/me')).toBe(folderThere);
  });
});
