import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { type EmbeddedServer, useEmbeddedServer } from '../../src/temporal/embedded.ts';
import { isServerRunning, stopServer } from '../../src/temporal/server-process.ts';
import { answers } from '../../src/temporal/server-health.ts';
import { portOf, readRecord, writeRecord } from '../../src/temporal/server-record.ts';

const found = inject('temporalServer');
const patience = { timeout: 20_000, interval: 50 };

let stateDir: string;
let users: User[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'shotlist-embedded-'));
  users = [];
});

afterEach(async () => {
  for (const user of users) user.child.kill('SIGKILL');
  const record = readRecord(stateDir);
  if (record) await stopServer(record.pid, portOf(record));
  rmSync(stateDir, { recursive: true, force: true });
});

interface User {
  child: ChildProcessByStdio<Writable, Readable, null>;
  lines: string[];
  address(): string | undefined;
  leave(): Promise<void>;
  kill(): Promise<void>;
}

function startUser(): User {
  const script = fileURLToPath(new URL('./use-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script, stateDir, found.binary, found.serverVersion], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const closed = once(child, 'close');
  const user: User = {
    child,
    lines,
    address: () => lines.find((line) => line.startsWith('address '))?.slice('address '.length),
    async leave() {
      child.stdin.end();
      await closed;
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
  users.push(user);
  return user;
}

async function addressOf(user: User): Promise<string> {
  return vi.waitUntil(() => user.address(), patience);
}

function serverHere(progress: string[] = []): Promise<EmbeddedServer> {
  return useEmbeddedServer({ stateDir, server: found, onProgress: (line) => progress.push(line) });
}

function runningRecord() {
  const record = readRecord(stateDir);
  if (!record) throw new Error('no server.json');
  return record;
}

describe('useEmbeddedServer', { timeout: 30_000 }, () => {
  it('lets two processes that start at once share one server, until the last leaves', async () => {
    const [one, two] = [startUser(), startUser()];
    const address = await addressOf(one);
    expect(await addressOf(two)).toBe(address);
    const { pid } = runningRecord();

    await one.leave();
    expect(await answers(address, 2_000)).toBe(true);
    await two.leave();
    expect(isServerRunning(pid, Number(address.split(':')[1]))).toBe(false);
    expect(readRecord(stateDir)).toBeUndefined();
    expect(readdirSync(join(stateDir, 'clients'))).toEqual([]);
  });

  it('goes on when the process that started it is killed, and is stopped by who comes after', async () => {
    const starter = startUser();
    const address = await addressOf(starter);
    const { pid } = runningRecord();
    await starter.kill();
    expect(await answers(address, 2_000)).toBe(true);

    const next = await serverHere();
    expect(next.address).toBe(address);
    expect(runningRecord().pid).toBe(pid);
    await next.leave();
    expect(await answers(address, 500)).toBe(false);
  });

  it('heals a killed server on the same port with the same database, seen by open clients', async () => {
    const progress: string[] = [];
    const server = await serverHere(progress);
    const before = runningRecord();
    const temporal = await connectTemporal({ address: server.address });
    const started = await temporal.client.workflow.start('anything', {
      taskQueue: 'nobody',
      workflowId: 'kept',
    });

    process.kill(before.pid, 'SIGKILL');
    await vi.waitUntil(() => readRecord(stateDir)?.pid !== before.pid, patience);
    const description = await vi.waitFor(() => started.describe(), patience);

    expect(description.status.name).toBe('RUNNING');
    expect(runningRecord().address).toBe(before.address);
    expect(server.lost.aborted).toBe(false);
    expect(progress).toContain('the embedded Temporal server is gone; starting it again');
    await temporal.close();
    await server.leave();
  });

  it('does not trust a server.json whose process number belongs to another program', async () => {
    const stale = {
      pid: process.pid,
      address: '127.0.0.1:1',
      uiPort: 2,
      serverVersion: found.serverVersion,
      database: join(stateDir, 'temporal.db'),
      startedAt: new Date(0).toISOString(),
    };
    writeFileSync(stale.database, '');
    writeRecord(stateDir, stale);
    const server = await serverHere();
    expect(runningRecord().pid).not.toBe(process.pid);
    expect(await answers(server.address, 2_000)).toBe(true);
    await server.leave();
  });

  it('moves a damaged database away and begins a new one', async () => {
    const database = `temporal-${found.serverVersion}.db`;
    writeFileSync(join(stateDir, database), 'not a database '.repeat(1_000));
    const progress: string[] = [];
    const server = await serverHere(progress);
    expect(progress.join('\n')).toContain(`it is now ${database}.unusable-`);
    expect(readdirSync(stateDir).some((name) => name.includes('.unusable-'))).toBe(true);
    await server.leave();
  });
});
