import { randomUUID } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import {
  type Simulator,
  type SimulatorSettings,
  startSimulator,
} from '../../src/simulator/index.ts';
import { checkDocument } from '../commands/json/check-document.ts';
import { ownNamespace } from '../own-namespace.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'shotlist.js');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs: what it wrote until now, signals, its end. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Result>;
  output(): string;
}

export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly simulator: Simulator;
  /** Writes a file of the project. @returns its name */
  write(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  /** A process of its own, without a terminal, as a script would run it. */
  start(args: readonly string[], environment?: Record<string, string | undefined>): Running;
  run(args: readonly string[], environment?: Record<string, string | undefined>): Promise<Result>;
  /** Runs with `--json` and reads the one document. */
  json<T>(args: readonly string[]): Promise<{ code: number | null; value: T }>;
  /** Starts `shotlist worker` and waits until it serves. It is stopped with the stage. */
  startWorker(environment?: Record<string, string>): Promise<Running>;
  /** Ends a workflow on the shared server, as Temporal's own page does. */
  terminate(workflowId: string): Promise<void>;
}

/** A project folder, a simulator, and a namespace of its own on the Temporal server that all tests share. */
export async function openStage(settings: Partial<SimulatorSettings> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-e2e-'));
  const simulator = await startSimulator({ port: 0, jobMs: 200, images: 'small', ...settings });
  const temporalAddress = inject('temporalAddress');
  const namespace = `e2e-${randomUUID().slice(0, 8)}`;
  const registered = ownNamespace(namespace);
  registered.catch(() => {});
  const started = new Set<ChildProcess>();
  const base = {
    ...process.env,
    ...accessTo(simulator),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
  };
  const start: Stage['start'] = (args, environment = {}) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { ...base, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(child);
    const written = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
    const ended = once(child, 'close').then(([code]) => {
      started.delete(child);
      const result = { code: code as number | null, ...written };
      checkDocument(args, result);
      return result;
    });
    return { process: child, ended, output: () => written.stdout + written.stderr };
  };
  const run: Stage['run'] = async (args, environment) => await start(args, environment).ended;
  return {
    folder,
    simulator,
    write(name, content) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      return name;
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    start,
    run,
    async json<T>(args: readonly string[]) {
      const { code, stdout, stderr } = await run([...args, '--json']);
      try {
        return { code, value: JSON.parse(stdout) as T };
      } catch (error) {
        throw new Error(`no JSON document: exit ${code}\n${stdout}\n${stderr}`, { cause: error });
      }
    },
    async startWorker(environment) {
      await registered;
      const worker = start(['worker'], environment);
      const serves = () => {
        if (worker.process.exitCode !== null) throw new Error(worker.output());
        return worker.output().includes('serves');
      };
      await until('the worker serves', serves, 55_000);
      return worker;
    },
    async terminate(workflowId) {
      const connection = await Connection.connect({ address: temporalAddress });
      const client = new Client({ connection, namespace });
      await client.workflow.getHandle(workflowId).terminate();
      await connection.close();
    },
    async [Symbol.asyncDispose]() {
      const ends = [...started].map((child) => once(child, 'close'));
      for (const child of started) child.kill('SIGTERM');
      const patience = setTimeout(() => {
        for (const child of started) child.kill('SIGKILL');
      }, 5_000);
      await Promise.all(ends);
      clearTimeout(patience);
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keys and addresses of every vendor that is simulated. */
function accessTo({ baseUrls }: Simulator): Record<string, string> {
  const variables = Object.entries(baseUrls).flatMap(([id, url]) => [
    [`${id.toUpperCase()}_BASE_URL`, url],
    [`${id.toUpperCase()}_API_KEY`, 'demo'],
  ]);
  return Object.fromEntries(variables) as Record<string, string>;
}

/** Waits for what another process brings about; the time limit only turns a hang into a failure. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await delay(25);
  }
}
