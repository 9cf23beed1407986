import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { SimulatorSettings } from '../src/simulator/index.ts';
import { packageRoot } from '../src/temporal/package-root.ts';
import { isServerRunning, stopServer } from '../src/temporal/server-process.ts';
import { portOf, readRecord, type ServerRecord } from '../src/temporal/server-record.ts';

/** A project folder of its own, a simulator in a process of its own, and the real command line. */
export interface Stage {
  readonly folder: string;
  readonly simulatorUrl: string;
  readonly simulatorPid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Starts `shotlist` with these arguments in the folder; what it prints goes to `logs/<name>`. */
  start(name: string, ...words: readonly string[]): Command;
  book(): Promise<SimulatorBook>;
  /** The project's Temporal server, while one runs. */
  server(): ServerRecord | undefined;
  close(options?: { keep?: boolean }): Promise<void>;
}

export interface Command {
  readonly pid: number;
  readonly isRunning: boolean;
  /** The exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** `GET /_simulator/book`, as far as it is compared here. */
export interface SimulatorBook {
  readonly accepted: readonly {
    readonly kind: string;
    readonly id: string;
    readonly requestSha: string;
    readonly request: { readonly prompt?: string };
    readonly reply: string;
    readonly cost: number;
    readonly outputs: readonly { readonly id: string; readonly sha256: string | null }[];
  }[];
  readonly uploads: readonly { readonly model: string; readonly sha256: string }[];
}

export interface StageOptions {
  readonly simulator: Partial<SimulatorSettings>;
  /** Of the account, as in `shotlist.yaml`. */
  readonly account: object;
}

const prices = { training: 300, trained: 10, upscale: 5, 'nanobanana-pro': 10 };
const startLimitMs = 30_000;

export async function openStage({ simulator, account }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-stage-'));
  mkdirSync(join(folder, 'logs'));
  cpSync(join(packageRoot(), 'batches', 'training'), join(folder, 'training'), { recursive: true });
  writeFileSync(
    join(folder, 'shotlist.yaml'),
    stringify({ accounts: { photogpt: { prices, ...account } } }),
  );
  const children: ChildProcess[] = [];
  const simulated = spawn(...shotlist('simulate', '--port', '0'), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(simulated);
  const url = await urlOf(simulated);
  await configure(url, simulator);
  const environment = {
    ...process.env,
    PHOTOGPT_BASE_URL: `${url}/photogpt`,
    PHOTOGPT_API_KEY: 'demo',
    TEMPORAL_ADDRESS: undefined,
    SHOTLIST_HOME: undefined,
    SHOTLIST_LEDGER: undefined,
    SHOTLIST_BLOBS: undefined,
  };
  const server = () => {
    const record = readRecord(join(folder, '.shotlist'));
    return record && isServerRunning(record.pid, portOf(record)) ? record : undefined;
  };
  return {
    folder,
    simulatorUrl: url,
    simulatorPid: simulated.pid ?? 0,
    environment,
    server,
    start(name, ...words) {
      const log = openSync(join(folder, 'logs', name), 'a');
      const child = spawn(...shotlist(...words), {
        cwd: folder,
        env: environment,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      children.push(child);
      return commandOf(child);
    },
    book: async () => (await (await fetch(`${url}/_simulator/book`)).json()) as SimulatorBook,
    async close({ keep = false } = {}) {
      for (const child of children) child.kill('SIGKILL');
      const record = server();
      if (record) await stopServer(record.pid, portOf(record), 2_000);
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function shotlist(...words: readonly string[]): [string, string[]] {
  return [process.execPath, [join(packageRoot(), 'bin', 'shotlist.js'), ...words]];
}

function commandOf(child: ChildProcess): Command {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

async function urlOf(simulated: ChildProcess): Promise<string> {
  if (!simulated.stdout) throw new Error('the simulator has no output to read its address from');
  const lines = createInterface({ input: simulated.stdout });
  const found = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const url = /listens at (http:\S+)\. /.exec(line)?.[1];
      if (url) resolve(url);
    });
  });
  const late = wait(startLimitMs, undefined, { ref: false }).then(() => {
    throw new Error(`the simulator did not say its address within ${startLimitMs} ms`);
  });
  return await Promise.race([found, late]);
}

async function configure(url: string, settings: Partial<SimulatorSettings>): Promise<void> {
  const answer = await fetch(`${url}/_simulator/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!answer.ok) throw new Error(`the simulator refused its settings: ${await answer.text()}`);
}
