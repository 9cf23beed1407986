import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { memo } from '../memo.ts';
import { type FindServerOptions, type FoundServer, findServer } from './find-server.ts';
import { type Member, hasMembers, joinMembers } from './members.ts';
import type { ServerPorts } from './ports.ts';
import { takeLock } from './process-lock.ts';
import { isServerRunning, stopServer } from './server-process.ts';
import { type ServerRecord, portOf, readRecord, removeRecord } from './server-record.ts';
import { becomesReady, startServer } from './start-server.ts';
import { watchServer } from './watchdog.ts';

export interface EmbeddedServerOptions {
  /** `.shotlist/` of the project folder. */
  stateDir: string;
  /** A known binary, or the options to find one; used only to start a server. */
  server: FoundServer | FindServerOptions;
  onProgress: (line: string) => void;
  /** Preferred ports, used if they are free. Default: any. */
  ports?: Partial<ServerPorts>;
}

export interface EmbeddedServer {
  /** gRPC, `127.0.0.1:<port>`. */
  readonly address: string;
  readonly uiUrl: string;
  /**
   * Aborted when the server is permanently gone or has moved to another address. Then leave, and call
   * `useEmbeddedServer` again. A server that comes back at its old address does not abort it.
   */
  readonly lost: AbortSignal;
  /** Signs off. The last process to sign off stops the server. */
  leave(): Promise<void>;
}

/**
 * Uses the project's Temporal server, shared with other processes, and starts it if there is none. A
 * process needs an exclusive lock to start, fix or stop it. Otherwise two servers could open the same
 * database without an error and damage it. No process owns the server: it is detached, and runs as long
 * as one process uses it.
 */
export async function useEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { stateDir } = options;
  const membersDir = join(stateDir, 'clients');
  const lost = new AbortController();

  const joined = await underLock(options, async () => {
    const record = await ensureServer(options);
    return { record, member: joinMembers(membersDir) };
  });
  let { record } = joined;

  const watchdog = watchServer(
    () => record,
    async () => {
      try {
        const fixed = await underLock(options, () => ensureServer(options));
        if (fixed.address !== record.address) {
          throw new Error(`the Temporal server moved from ${record.address} to ${fixed.address}`);
        }
        record = fixed;
      } catch (error) {
        lost.abort(error);
        throw error;
      }
    },
  );

  const leaving = memo(async () => {
    await watchdog.stop();
    await signOff(options, joined.member, membersDir);
  });
  return {
    address: record.address,
    uiUrl: `http://127.0.0.1:${record.uiPort}`,
    lost: lost.signal,
    leave: leaving.get,
  };
}

/** The running server, or a new one; requires the lock. */
async function ensureServer(options: EmbeddedServerOptions): Promise<ServerRecord> {
  const { stateDir, onProgress } = options;
  const record = readRecord(stateDir);
  if (record && existsSync(record.database)) {
    const isAlive = () => isServerRunning(record.pid, portOf(record));
    // Alive without an answer: its starter was killed during the start, or it hangs.
    if (isAlive() && (await becomesReady(record.address, isAlive))) return record;
  }
  if (record) {
    onProgress('the embedded Temporal server is gone; starting it again');
    await stopServer(record.pid, portOf(record));
  }
  const server = 'binary' in options.server ? options.server : await findServer(options.server);
  const ports = record ? { grpc: portOf(record), ui: record.uiPort } : options.ports;
  return startServer({ stateDir, server, onProgress, ...(ports ? { ports } : {}) });
}

async function signOff(
  options: EmbeddedServerOptions,
  member: Member,
  membersDir: string,
): Promise<void> {
  await underLock(options, async () => {
    member.leave();
    const record = readRecord(options.stateDir);
    if (!record || hasMembers(membersDir)) return;
    await stopServer(record.pid, portOf(record));
    removeRecord(options.stateDir);
  });
}

async function underLock<Result>(
  { stateDir, onProgress }: EmbeddedServerOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = await takeLock(join(stateDir, 'server.lock'), () =>
    onProgress('another process is starting or stopping the Temporal server; waiting for it'),
  );
  try {
    return await work();
  } finally {
    lock.release();
  }
}
