import { existsSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import type { FoundServer } from './find-server.ts';
import { type ServerPorts, choosePorts } from './ports.ts';
import { answers, setRetention } from './server-health.ts';
import { isServerRunning, logTail, spawnServer, stopServer } from './server-process.ts';
import { type ServerRecord, removeRecord, writeRecord } from './server-record.ts';

export interface StartOptions {
  stateDir: string;
  server: FoundServer;
  /** Preferred ports: those of a dead server, so that open connections reach the new one. */
  ports?: Partial<ServerPorts>;
  onProgress: (line: string) => void;
}

const startTimeoutMs = 60_000;

/** Attempts per database: the server also chooses ports itself, and another program may take one first. */
const attemptsMax = 3;

const databaseFailure = /not a database|malformed|no such (table|column)|SQLite admin DB/i;

/**
 * Starts the server on the database of its own version and records it in `server.json`. Requires the
 * server's lock. A database that it cannot use is moved aside. Nothing is lost: all its facts are in the
 * ledger, so a batch continues from the ledger when it is run again.
 */
export async function startServer(options: StartOptions): Promise<ServerRecord> {
  const database = join(options.stateDir, `temporal-${options.server.serverVersion}.db`);
  const logFile = logFileOf(options.stateDir);
  const existed = existsSync(database);
  const record = await attempts(options, database);
  if (record) return record;
  if (existed) {
    options.onProgress(
      `Temporal could not use its database; it is now ${moveAside(database)}, and a new one is ` +
        'begun. Nothing is lost: the ledger knows all paid requests.',
    );
    const fresh = await attempts(options, database);
    if (fresh) return fresh;
  }
  throw new UserError(`the embedded Temporal server does not start (${options.server.binary})`, {
    exitCode: 1,
    next: [
      ...logTail(logFile),
      `see ${logFile}, or set TEMPORAL_ADDRESS to a running Temporal server`,
    ],
  });
}

async function attempts(
  options: StartOptions,
  database: string,
): Promise<ServerRecord | undefined> {
  for (let count = 0; count < attemptsMax; count += 1) {
    const record = await attempt(options, database);
    if (record) return record;
    if (databaseFailure.test(logTail(logFileOf(options.stateDir)).join('\n'))) return undefined;
  }
  return undefined;
}

function logFileOf(stateDir: string): string {
  return join(stateDir, 'temporal.log');
}

async function attempt(options: StartOptions, database: string): Promise<ServerRecord | undefined> {
  const { stateDir, server } = options;
  const ports = await choosePorts(options.ports);
  const logFile = logFileOf(stateDir);
  const pid = spawnServer({ binary: server.binary, database, ports, logFile });
  const record: ServerRecord = {
    pid,
    address: `127.0.0.1:${ports.grpc}`,
    uiPort: ports.ui,
    serverVersion: server.serverVersion,
    database,
    startedAt: new Date().toISOString(),
  };
  // Before the first await: if this process is killed now, the server can still be found and stopped.
  writeRecord(stateDir, record);
  const ready = await becomesReady(record.address, () => isServerRunning(pid, ports.grpc));
  // The first write: it detects a read-only database.
  if (ready && (await setRetention(record.address))) return record;
  await stopServer(pid, ports.grpc);
  removeRecord(stateDir);
  return undefined;
}

/** Waits until the server answers. Gives up if it dies, or after a minute. */
export async function becomesReady(address: string, isAlive: () => boolean): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (await answers(address, 2_000)) return true;
    if (!isAlive()) return false;
    await wait(50);
  }
  return false;
}

function moveAside(database: string): string {
  const aside = `${database}.unusable-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const ending of ['', '-wal', '-shm']) {
    if (existsSync(database + ending)) renameSync(database + ending, aside + ending);
  }
  return basename(aside);
}
