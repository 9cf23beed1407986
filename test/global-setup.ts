import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../src/config/config.ts';
import { findServer } from '../src/temporal/find-server.ts';
import { choosePorts } from '../src/temporal/ports.ts';
import {
  isServerRunning,
  logTail,
  spawnServer,
  stopServer,
} from '../src/temporal/server-process.ts';
import { becomesReady } from '../src/temporal/start-server.ts';
import { workflowBundle } from '../src/temporal/workflow-bundle.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** gRPC address of the Temporal server that all tests of this run share; namespace `default`. */
    temporalAddress: string;
    /** The binary behind it, for tests that start servers of their own. */
    temporalServer: { binary: string; serverVersion: string };
    /** The user's, where the workflow bundle is kept. */
    cacheFolder: string;
  }
}

/** One Temporal server per test run, in memory: a server per file would race for memory and ports. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-test-server-'));
  const { searchPath, cacheFolder } = loadConfig(process.env, folder);
  const server = await findServer({
    searchPath,
    cacheDir: cacheFolder,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const logFile = join(folder, 'temporal.log');
  const ports = await choosePorts();
  const pid = spawnServer({ binary: server.binary, ports, logFile });
  // Once here, while the server starts, instead of at the same time in many processes.
  await workflowBundle(cacheFolder);
  const address = `127.0.0.1:${ports.grpc}`;
  if (!(await becomesReady(address, () => isServerRunning(pid, ports.grpc)))) {
    throw new Error(
      `the Temporal server for the tests does not start:\n${logTail(logFile).join('\n')}`,
    );
  }
  project.provide('temporalAddress', address);
  project.provide('temporalServer', server);
  project.provide('cacheFolder', cacheFolder);
  return async () => {
    await stopServer(pid, ports.grpc, 3_000);
    rmSync(folder, { recursive: true, force: true });
  };
}
