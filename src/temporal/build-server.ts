import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLock } from './process-lock.ts';
import { messageOf } from '../errors.ts';

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
    onProgress('building the Temporal server with Go; this takes about 4 minutes, once');
    const unfinished = `${target}.${process.pid}.unfinished`;
    const problem = await runGo(
      go,
      ['build', '-trimpath', '-o', unfinished, packagePath],
      source,
      onProgress,
    );
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

/** Runs Go to its end. @returns its error message, or undefined on success */
async function runGo(
  go: string,
  words: string[],
  folder: string,
  onProgress: (line: string) => void,
): Promise<string | undefined> {
  const startedAt = Date.now();
  const ticker = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    onProgress(`still building the Temporal server (${clock} of about 4:00)`);
  }, 10_000);
  let complaint = '';
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      const child = spawn(go, words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr.on('data', (data) => (complaint = (complaint + data).slice(-2_000)));
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    if (exitCode === 0) return undefined;
    return complaint.trim().split('\n').at(-1) || `go ended with code ${exitCode}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearInterval(ticker);
  }
}
