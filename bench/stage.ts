import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
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
  /** The same with more variables. */
  startWith(
    environment: Readonly<Record<string, string>>,
    name: string,
    ...words: readonly string[]
  ): Command;
  /** The account's settings, as in `shotlist.yaml`, from now on. */
  configure(accounts: Readonly<Record<string, object>>): void;
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
  /** The signal that it died of. */
  readonly diedOf: NodeJS.Signals | null;
  kill(signal: NodeJS.Signals): void;
  /** Whether it was suspended with SIGSTOP. */
  isStopped(): boolean;
}

/** A request that the simulator accepted, or a gateway's repetition of it. */
interface Entry {
  readonly vendor: string;
  readonly state: string;
  readonly refunded: boolean;
  readonly kind: string;
  readonly id: string;
  /** Times are RFC 3339. */
  readonly at: string;
  readonly requestSha: string;
  /** What vendors call the shape of an image. */
  readonly request: {
    readonly prompt?: string;
    readonly model?: string;
    readonly modelID?: string;
    readonly aspectRatio?: string;
    readonly aspect_ratio?: string;
  };
  readonly reply: string;
  readonly by: 'client' | 'gateway';
  readonly arrivedAt: string;
  readonly closedAt: string | null;
  readonly cost: number;
  readonly outputs: readonly {
    readonly id: string;
    readonly sha256: string | null;
    readonly damaged: boolean;
    readonly withheld: boolean;
  }[];
}

/** `GET /_simulator/book`, as far as it is compared here. */
export interface SimulatorBook {
  readonly faults: Readonly<Record<string, number>>;
  /** Requests that wait to be carried out. */
  readonly underWay: number;
  readonly accepted: readonly Entry[];
  /** Paid requests that were answered with a 4xx. */
  readonly refused: readonly {
    readonly vendor: string;
    readonly at: string;
    readonly status: number;
    readonly request: Entry['request'] | null;
  }[];
  readonly models: readonly { readonly id: string; readonly fields: object }[];
  readonly uploads: readonly { readonly model: string; readonly sha256: string }[];
}

export interface StageOptions {
  readonly simulator: Partial<SimulatorSettings>;
  /** As in `shotlist.yaml`. */
  readonly accounts: Readonly<Record<string, object>>;
  /** Root of the program that is run; this one's unless given. */
  readonly program?: string;
}

/** What the simulated PhotoGPT charges. */
export const photogptPrices = { training: 300, trained: 10, upscale: 5, 'nanobanana-pro': 10 };
const startLimitMs = 30_000;

export async function openStage({
  simulator,
  accounts,
  program = packageRoot(),
}: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-stage-'));
  mkdirSync(join(folder, 'logs'));
  cpSync(join(packageRoot(), 'batches', 'training'), join(folder, 'training'), { recursive: true });
  const settle: Stage['configure'] = (settings) =>
    writeFileSync(join(folder, 'shotlist.yaml'), stringify({ accounts: settings }));
  settle(accounts);
  const children: ChildProcess[] = [];
  const simulated = spawn(...shotlist(packageRoot(), 'simulate', '--port', '0'), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(simulated);
  const url = await urlOf(simulated);
  await configure(url, simulator);
  const environment = {
    ...process.env,
    ...(await vendorSettings(url)),
    TEMPORAL_ADDRESS: undefined,
    SHOTLIST_HOME: undefined,
    SHOTLIST_LEDGER: undefined,
    SHOTLIST_BLOBS: undefined,
  };
  const server = () => {
    const record = readRecord(join(folder, '.shotlist'));
    return record && isServerRunning(record.pid, portOf(record)) ? record : undefined;
  };
  const startWith: Stage['startWith'] = (more, name, ...words) => {
    const log = openSync(join(folder, 'logs', name), 'a');
    const child = spawn(...shotlist(program, ...words), {
      cwd: folder,
      env: { ...environment, ...more },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    children.push(child);
    return commandOf(child);
  };
  return {
    folder,
    simulatorUrl: url,
    simulatorPid: simulated.pid ?? 0,
    environment,
    server,
    start: (name, ...words) => startWith({}, name, ...words),
    startWith,
    configure: settle,
    book: () => readBook(url),
    async close({ keep = false } = {}) {
      for (const child of children) child.kill('SIGKILL');
      const record = server();
      if (record) await stopServer(record.pid, portOf(record), 2_000);
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function shotlist(program: string, ...words: readonly string[]): [string, string[]] {
  return [process.execPath, [join(program, 'bin', 'shotlist.js'), ...words]];
}

/** The variables that lead every vendor's account to the simulator. */
async function vendorSettings(url: string): Promise<Record<string, string>> {
  const health = (await (await fetch(`${url}/_simulator/health`)).json()) as { vendors: string[] };
  return Object.fromEntries(
    health.vendors.flatMap((vendor) => [
      [`${vendor.toUpperCase()}_BASE_URL`, `${url}/${vendor}`],
      [`${vendor.toUpperCase()}_API_KEY`, 'demo'],
    ]),
  );
}

function commandOf(child: ChildProcess): Command {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    get diedOf() {
      return child.signalCode;
    },
    kill: (signal) => void child.kill(signal),
    isStopped: () => processState(child.pid) === 'T',
  };
}

/** An outage of the simulator is waited for. */
async function readBook(url: string): Promise<SimulatorBook> {
  for (let tries = 0; ; tries += 1)
    try {
      return (await (await fetch(`${url}/_simulator/book`)).json()) as SimulatorBook;
    } catch (error) {
      if (tries >= 50) throw error;
      await wait(100);
    }
}

/** As /proc tells it: `T` is stopped. */
function processState(pid: number | undefined): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
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
