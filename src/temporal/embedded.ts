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
  /** A binary that is known already, or how to find one; used only when a server must be started. */
  server: FoundServer | FindServerOptions;
  onProgress: (line: string) => void;
  /** Ports that are taken if they are free. Default: any. */
  ports?: Partial<ServerPorts>;
}

export interface EmbeddedServer {
  /** gRPC, `127.0.0.1:<port>`. */
  readonly address: string;
  readonly uiUrl: string;
  /**
   * Aborted when the server is gone for good or had to move to another address. Then leave, and call
   * `useEmbeddedServer` again. A server that comes back at its old address aborts nothing.
   */
  readonly lost: AbortSignal;
  /** Signs off; the last process to do so stops the server. */
  leave(): Promise<void>;
}

/**
 * Uses the project's Temporal server together with all other processes that do, and starts it when
 * there is none. Whoever starts, fixes or stops it holds one lock meanwhile, for two servers would
 * open the same database without complaint and damage it. Nobody owns the server in between: it is
 * detached, and outlives whoever started it as long as one process uses it.
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

/** The running server, or a new one; needs the lock. */
async function ensureServer(options: EmbeddedServerOptions): Promise<ServerRecord> {
  const { stateDir, onProgress } = options;
  const record = readRecord(stateDir);
  if (record && existsSync(record.database)) {
    const isAlive = () => isServerRunning(record.pid, portOf(record));
    // Alive but silent: its starter was killed while it came up, or it hangs.
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
