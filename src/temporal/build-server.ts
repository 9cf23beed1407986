import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf } from '../errors.ts';
import { BuildProgress } from './build-progress.ts';
import { takeLock } from './process-lock.ts';

export interface BuildOptions {
  /** The Go program. */
  go: string;
  /** Folder of the go.mod that pins the Temporal CLI. */
  source: string;
  /** Path of the new binary. */
  target: string;
}

const packagePath = 'github.com/temporalio/cli/cmd/temporal';

/**
 * Opt-outs that the modules offer: the Kubernetes client, and gRPC's clients of Google's network. A
 * server on this machine calls neither, and they are a quarter of the packages.
 */
const tags = ['-tags', 'release,disable_grpc_modules'];

/** Nothing for debuggers: it takes time, and more than half of the binary. */
const lean = ['-trimpath', '-ldflags=-s -w', '-gcflags=all=-dwarf=false'];

const progressEveryMs = 10_000;

/**
 * Builds the Temporal CLI; undefined if Go fails. Two processes never build at the same time: the second
 * waits and uses the binary of the first. The binary appears under its name only when it is complete.
 */
export async function buildServer(
  { go, source, target }: BuildOptions,
  onProgress: (line: string) => void,
): Promise<string | undefined> {
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
  const lock = await takeLock(join(folder, 'build.lock'), () =>
    onProgress('another process is building the Temporal server; waiting for it'),
  );
  try {
    if (existsSync(target)) return target;
    onProgress('building the Temporal server with Go, once on this machine; it takes minutes');
    const unfinished = `${target}.${process.pid}.unfinished`;
    const problem = await build(go, source, unfinished, onProgress);
    if (problem !== undefined) {
      rmSync(unfinished, { force: true });
      onProgress(`the build failed: ${problem}`);
      return undefined;
    }
    renameSync(unfinished, target);
    onProgress('the Temporal server is built');
    return target;
  } finally {
    lock.release();
  }
}

/** Fetches, compiles and links. @returns Go's error message, or undefined on success */
async function build(
  go: string,
  source: string,
  target: string,
  onProgress: (line: string) => void,
): Promise<string | undefined> {
  const progress = new BuildProgress();
  const ticker = setInterval(() => onProgress(progress.toText()), progressEveryMs);
  try {
    const names = await runGo(go, ['list', '-deps', ...tags, packagePath], source, progress);
    progress.packagesMax = names.length;
    await runGo(go, ['build', '-v', ...lean, ...tags, '-o', target, packagePath], source, progress);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearInterval(ticker);
  }
}

/** Runs Go to its end. @returns the lines of its output */
async function runGo(
  go: string,
  words: string[],
  folder: string,
  progress: BuildProgress,
): Promise<string[]> {
  // Without cgo there is no need for a C compiler.
  const env = { ...process.env, CGO_ENABLED: '0' };
  const child = spawn(go, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  progress.follow(child.stderr);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode === 0) return lines;
  throw new Error(progress.complaint ?? `go ended with code ${exitCode}`);
}
