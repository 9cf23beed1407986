import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../errors.ts';
import { type SystemFailure, systemFailure } from '../system-errors.ts';
import { buildServer } from './build-server.ts';
import { downloadServer } from './download-server.ts';
import { packageRoot } from './package-root.ts';

/** The version of the Temporal CLI to cache, download or build; tools/temporal/go.mod has the same. */
export const cliVersion = '1.8.2';

/** Older servers lack features that the workflows use. */
const oldestServerVersion = '1.30.0';

export interface FindServerOptions {
  /** Folders to search for `temporal` and `go`, in the form of PATH. */
  searchPath: string;
  /** Shotlist's own cache folder, see `cacheFolder`. */
  cacheDir: string;
  onProgress: (line: string) => void;
  /** Maximum time of the download without data, in milliseconds. Default 10,000. */
  downloadSilenceMs?: number;
}

export interface FoundServer {
  binary: string;
  /** Version of the Temporal server inside the binary, such as `1.31.2`. */
  serverVersion: string;
}

/** The user's cache folder for Shotlist, by the convention of each system. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'shotlist');
  if (platform === 'win32') {
    return join(environment['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'shotlist');
  }
  return join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'shotlist');
}

/**
 * The `temporal` binary: on PATH, else from the cache, else downloaded by the SDK, else built from
 * source. A downloaded or built binary goes to the cache, so this happens once per machine.
 */
export async function findServer(options: FindServerOptions): Promise<FoundServer> {
  const cached = cachedBinary(options.cacheDir);
  const ways = [
    () => Promise.resolve(findProgram('temporal', options.searchPath)),
    () => Promise.resolve(existsSync(cached) ? cached : undefined),
    () => {
      const silenceMs = options.downloadSilenceMs ?? 10_000;
      return downloadServer({ version: cliVersion, target: cached, silenceMs }, options.onProgress);
    },
    () => {
      const go = findProgram('go', options.searchPath);
      if (!go) return Promise.resolve(undefined);
      const source = join(packageRoot(), 'tools', 'temporal');
      return buildServer({ go, source, target: cached }, options.onProgress);
    },
  ];
  let failure: SystemFailure | undefined;
  for (const way of ways) {
    const binary = await way().catch((error: unknown) => {
      failure = systemFailure(error);
      if (!failure) throw error;
      return undefined;
    });
    const found = binary && (await inspect(binary, options.onProgress));
    if (found) return found;
  }
  if (failure)
    throw new UserError(
      `the cache folder ${options.cacheDir} cannot be used: ${failure.why} (${failure.code})`,
      {
        next: [
          failure.next,
          'or keep the Temporal server elsewhere: XDG_CACHE_HOME=FOLDER (macOS: HOME) shotlist ...',
          'or install the Temporal CLI, so that `temporal` is on PATH',
        ],
      },
    );
  throw new UserError('no Temporal server was found, and none could be downloaded or built', {
    exitCode: 1,
    next: [
      'install the Temporal CLI (brew install temporal, or https://docs.temporal.io/cli), ' +
        'so that `temporal` is on PATH',
      'or install Go 1.26 (https://go.dev/dl/), with which Shotlist builds it once',
      'or set TEMPORAL_ADDRESS to a running Temporal server',
    ],
  });
}

/** The binary that `findServer` would use without a download or a build. */
export async function locateServer(
  searchPath: string,
  cacheDir: string,
): Promise<FoundServer | undefined> {
  for (const binary of [findProgram('temporal', searchPath), cachedBinary(cacheDir)]) {
    const found = binary && existsSync(binary) && (await inspect(binary, () => undefined));
    if (found) return found;
  }
  return undefined;
}

/** Cache path of the binary of `cliVersion`. */
export function cachedBinary(cacheDir: string): string {
  return join(cacheDir, `temporal-${cliVersion}`, executable('temporal'));
}

function findProgram(name: string, searchPath: string): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, executable(name))).find((file) => existsSync(file));
}

function executable(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** Runs the binary to read its version. One that does not start, or is too old, is reported and skipped. */
async function inspect(
  binary: string,
  onProgress: (line: string) => void,
): Promise<FoundServer | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 20_000 });
    const serverVersion = /Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (serverVersion && isAtLeast(serverVersion, oldestServerVersion)) {
      return { binary, serverVersion };
    }
    const has = serverVersion ? `Temporal server ${serverVersion}` : 'no Temporal server we know';
    onProgress(`skipping ${binary}: it has ${has}, Shotlist needs ${oldestServerVersion}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n')[0] : String(error);
    onProgress(`skipping ${binary}: it does not run (${reason})`);
  }
  return undefined;
}

function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}
