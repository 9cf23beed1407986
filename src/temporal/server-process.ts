import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServerPorts } from './ports.ts';

export interface ServerCommand {
  binary: string;
  /** SQLite file; kept in memory when absent. */
  database?: string;
  ports: ServerPorts;
  /** Receives all output of the server. Overwritten at each start. */
  logFile: string;
}

/** More than one machine can reach. The server's defaults (1,200 to 3,000) would throttle a batch. */
const requestsPerSecond = 50_000;

const dynamicConfig = {
  'frontend.rps': requestsPerSecond,
  'frontend.namespaceRPS': requestsPerSecond,
  'frontend.namespaceCount': requestsPerSecond,
  'history.rps': requestsPerSecond,
  'matching.rps': requestsPerSecond,
  // Prevents requests to the internet for newer server versions.
  'frontend.enableServerVersionCheck': false,
};

/**
 * The arguments of `temporal`. `synchronous=NORMAL` with a write-ahead log cannot damage the file. A
 * power cut may undo the last writes; the ledger, which is fsynced, repairs this.
 */
function serverArguments(command: ServerCommand): string[] {
  const settings = Object.entries(dynamicConfig).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ]);
  const storage = command.database
    ? ['--db-filename', command.database]
        .concat(['--sqlite-pragma', 'journal_mode=WAL'])
        .concat(['--sqlite-pragma', 'synchronous=NORMAL'])
    : [];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${command.ports.grpc}`],
    ...['--ui-ip', '127.0.0.1', '--ui-port', `${command.ports.ui}`, '--ui-disable-news-fetch'],
    ...['--log-format', 'json', '--log-level', 'warn'],
    ...storage,
    ...settings,
  ];
}

/**
 * Starts the server in its own session. Ctrl-C in the terminal must reach only the worker, which still
 * needs the server while it drains. Returns the server's pid.
 */
export function spawnServer(command: ServerCommand): number {
  const log = openSync(command.logFile, 'w');
  try {
    const child = spawn(command.binary, serverArguments(command), {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new Error(`${command.binary} could not be started`);
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/**
 * Whether `pid` is still the server on port `grpcPort`. The pid alone proves nothing: it may now belong
 * to another program, or to a zombie process.
 */
export function isServerRunning(pid: number, grpcPort: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const words = commandLine(pid);
  if (process.platform === 'win32') return words.includes('temporal.exe');
  return words.includes('start-dev') && words.includes(`${grpcPort}`);
}

/** Stops the server by SIGTERM, and kills it if it still runs after `graceMs`. */
export async function stopServer(pid: number, grpcPort: number, graceMs = 10_000): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isServerRunning(pid, grpcPort)) return;
    process.kill(pid, signal);
    const deadline = Date.now() + graceMs;
    while (Date.now() < deadline && isServerRunning(pid, grpcPort)) await wait(25);
  }
}

/** The last lines of a log, for an error message. */
export function logTail(logFile: string, lines = 5): string[] {
  if (!existsSync(logFile)) return [];
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines);
}

/** The command line of a process; on Windows the output of `tasklist`. */
function commandLine(pid: number): string[] {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    }
    const [program, words]: [string, string[]] =
      process.platform === 'win32'
        ? ['tasklist', ['/NH', '/FI', `PID eq ${pid}`]]
        : ['ps', ['-o', 'command=', '-p', `${pid}`]];
    return execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe' }).trim().split(/\s+/);
  } catch {
    return [];
  }
}
