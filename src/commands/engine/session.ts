import { batchWorkflowId, commonTaskQueue } from '../../batch/ids.ts';
import type { Config } from '../../config/config.ts';
import { messageOf } from '../../errors.ts';
import type { BatchRow, Ledger } from '../../ledger/port.ts';
import { connectTemporal, type TemporalConnection } from '../../temporal/connect.ts';
import { useEmbeddedServer } from '../../temporal/embedded.ts';
import type { Interrupt } from '../../terminal.ts';
import type { batchWorkflow } from '../../workflows/index.ts';
import { joinedSignal } from '../../workflows/messages.ts';
import type { Project } from '../project/project.ts';
import { announceSession, type SessionRole } from './live-sessions.ts';

export interface SessionOptions {
  /** The command of the session, shown to other commands. */
  readonly role: SessionRole;
  /** Serve workflows and accounts in this process. */
  readonly worker: boolean;
  readonly accounts?: readonly string[];
  readonly roles?: readonly ('common' | 'accounts')[];
  readonly say: (line: string) => void;
  /** Lists the pending work when a person interrupts. */
  readonly interrupt?: Interrupt;
  /** The worker's setting of the same name. */
  readonly forceAfterMs?: number;
}

/** A connection to Temporal, with a worker in this process when requested. */
export interface Session {
  readonly temporal: TemporalConnection;
  readonly uiUrl: string | undefined;
  readonly say: (line: string) => void;
  /** Rejects when the worker or the server is gone for good. Never resolves before `close`. */
  readonly failed: Promise<never>;
  /** Lets running POSTs end and be recorded. The server stops with its last user. */
  close(): Promise<void>;
}

/**
 * Uses the server at TEMPORAL_ADDRESS, or the project's embedded server. Starts the embedded server
 * if needed.
 */
export async function openSession(project: Project, options: SessionOptions): Promise<Session> {
  const { config } = project;
  let isStarting = true;
  void options.interrupt?.promise.then(() => {
    if (isStarting) options.say('stopping after the start; another Ctrl-C ends at once');
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const presence = await announceSession(config.stateFolder, options.role);
  let server: Server | undefined;
  let temporal: TemporalConnection | undefined;
  try {
    server = await serverFor(config, options.say);
    const connection = await connectTemporal({
      address: server.address,
      namespace: config.temporal.namespace,
      ...(config.temporal.address && { environment: config.temporal.environment }),
    });
    temporal = connection;
    const { uiUrl, lost, leave } = server;
    lost?.addEventListener('abort', () => reject(lost.reason as Error));
    const worker = options.worker ? await serve(project, connection, options) : undefined;
    if (worker) options.interrupt?.waitFor(worker.paid);
    const served = worker?.run();
    served?.catch((error: unknown) => reject(error));
    isStarting = false;
    return {
      temporal: connection,
      uiUrl,
      say: options.say,
      failed,
      async close() {
        worker?.shutdown();
        await served?.catch(() => {});
        // Interrupted work may still have paid: only this process knows the result.
        await worker?.paid.idle();
        await connection.close().catch(() => {});
        // All work is done, so a failure to leave the server is only reported.
        await leave().catch((error: unknown) => options.say(messageOf(error)));
        presence.leave();
      },
    };
  } catch (error) {
    // An open connection keeps the process alive.
    await temporal?.close().catch(() => {});
    await server?.leave();
    presence.leave();
    throw error;
  }
}

interface Server {
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly lost: AbortSignal | undefined;
  leave(): Promise<void>;
}

async function serverFor(config: Config, say: (line: string) => void): Promise<Server> {
  const { address } = config.temporal;
  if (address) return { address, uiUrl: undefined, lost: undefined, leave: async () => {} };
  return await useEmbeddedServer({
    stateDir: config.stateFolder,
    server: { searchPath: config.searchPath, cacheDir: config.cacheFolder, onProgress: say },
    onProgress: say,
  });
}

async function serve(project: Project, temporal: TemporalConnection, options: SessionOptions) {
  const { config, ledger, blobs, recovery } = project;
  const { startWorker } = await import('../../worker.ts');
  return await startWorker({
    config,
    ledger,
    blobs,
    recovery,
    connection: await temporal.nativeConnection(),
    namespace: temporal.namespace,
    ...(options.accounts && { accounts: options.accounts }),
    ...(options.roles && { roles: options.roles }),
    ...(options.forceAfterMs !== undefined && { forceAfterMs: options.forceAfterMs }),
    onProgress: options.say,
  });
}

const tellAfterMs = 3_000;

/**
 * Starts the batch's workflow, or joins the running one and wakes its waiting work. Safe to repeat.
 * The workflow of an earlier run may still be closing. A wake-up then reaches only that run, so
 * this waits for its end and repeats. The same applies to a later run that a restored ledger does
 * not know.
 */
export async function startBatch(
  { temporal: { client }, say }: Pick<Session, 'temporal' | 'say'>,
  { batch, run }: Pick<BatchRow, 'batch' | 'run'>,
  ledger: Pick<Ledger, 'id'> & { readonly batches: Pick<Ledger['batches'], 'get'> },
): Promise<void> {
  const workflowId = batchWorkflowId(batch);
  for (;;) {
    await client.workflow.signalWithStart<typeof batchWorkflow>('batchWorkflow', {
      signal: joinedSignal,
      workflowId,
      taskQueue: commonTaskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${batch}, run ${run}`,
      memo: { run },
      args: [{ batch, run, ledgerId: ledger.id }],
    });
    const { memo, runId } = await client.workflow.getHandle(workflowId).describe();
    const earlier = Number(memo?.['run'] ?? run);
    if (earlier === run) return;
    // A newer run has started meanwhile.
    if (earlier > run && (await ledger.batches.get(batch))?.run !== run) return;
    const long = setTimeout(
      () => say(`run ${earlier} of ${batch} is still closing; some worker must serve it`),
      tellAfterMs,
    );
    await client.workflow
      .getHandle(workflowId, runId)
      .result()
      .catch(() => undefined);
    clearTimeout(long);
  }
}
