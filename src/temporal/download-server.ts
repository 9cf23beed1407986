import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface DownloadOptions {
  /** Version of the Temporal CLI, such as `1.8.2`. */
  version: string;
  /** Path of the new binary. */
  target: string;
  /** The download is stopped after this time without data. */
  silenceMs: number;
}

/**
 * The SDK's own download, which knows the address and the platform. It has no time limit and cannot be
 * stopped, so it runs in a process that can be killed. The downloaded binary only prints its version
 * (`extraArgs`), so the kill leaves no server behind.
 */
const script = `
const [testing, downloadDir, version] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
const executable = { type: 'cached-download', downloadDir, version };
TestWorkflowEnvironment.createLocal({ server: { executable, extraArgs: ['--version'] } })
  .then((environment) => environment.teardown())
  .catch(() => process.exit(1));
`;

/** Downloads the Temporal CLI; undefined if the download stalls or fails. */
export async function downloadServer(
  { version, target, silenceMs }: DownloadOptions,
  onProgress: (line: string) => void,
): Promise<string | undefined> {
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
  const downloadDir = mkdtempSync(join(folder, 'download-'));
  onProgress('downloading the Temporal server');
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  const words = ['-e', script, testing, downloadDir, `v${version}`];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  let ended = false;
  child.on('error', () => (ended = true));
  child.on('close', () => (ended = true));
  try {
    const downloaded = await waitForFile(downloadDir, silenceMs, () => ended);
    if (downloaded === undefined) {
      onProgress('the Temporal server could not be downloaded');
      return undefined;
    }
    chmodSync(downloaded, 0o755);
    renameSync(downloaded, target);
    return target;
  } finally {
    child.kill('SIGKILL');
    rmSync(downloadDir, { recursive: true, force: true });
  }
}

/** Waits for the whole file; undefined if the process ends or no byte arrives in time. */
async function waitForFile(
  folder: string,
  silenceMs: number,
  hasEnded: () => boolean,
): Promise<string | undefined> {
  let bytes = 0;
  let lastGrowth = Date.now();
  for (;;) {
    const ended = hasEnded();
    const files = readdirSync(folder).map((name) => join(folder, name));
    const whole = files.find((file) => !file.endsWith('.downloading'));
    if (whole !== undefined) return whole;
    const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
    if (size > bytes) lastGrowth = Date.now();
    bytes = size;
    if (ended || Date.now() - lastGrowth > silenceMs) return undefined;
    await wait(100);
  }
}
