import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { inject } from 'vitest';
import type { Activities } from '../../src/activities/index.ts';
import type { RunShotsInput } from '../../src/activities/run-shots.ts';
import { batchWorkflowId } from '../../src/batch/ids.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import type { batchWorkflow, shardWorkflow } from '../../src/workflows/index.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

/**
 * Workflows on a real server with activities that a test makes up, on task queues that no other test has.
 */
export async function openStage(
  activities: Partial<Activities>,
  options: Pick<WorkerOptions, 'maxCachedWorkflows'> = {},
) {
  const address = inject('temporalAddress');
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const id = randomUUID().slice(0, 8);
  const account = `account-${id}`;
  const calls: { name: string; input: unknown }[] = [];
  const defaults: Activities = {
    openRun: async () => ({ steps: [{ name: 'draw', from: [] }] }),
    planStep: async () => ({ lanes: [], trainings: [], uploads: [] }),
    trainModel: async () => ({ kind: 'ready' }),
    awaitModel: async () => ({ kind: 'ready' }),
    uploadReferences: async () => undefined,
    runShots: async () => ({ kind: 'done', saved: 0 }),
    finishRun: async () => ({
      outcome: 'complete',
      shots: { total: 0, done: 0, failed: 0, parked: 0, waiting: 0 },
    }),
  };
  const recorded = Object.fromEntries(
    Object.entries({ ...defaults, ...activities }).map(([name, work]) => [
      name,
      async (input: never) => {
        calls.push({ name, input });
        return await (work as (input: never) => Promise<unknown>)(input);
      },
    ]),
  );
  const common = `stage-${id}`;
  const workflowWorker = await Worker.create({
    connection: native,
    taskQueue: common,
    activities: recorded,
    workflowBundle: await workflowBundle(inject('cacheFolder')),
    ...options,
    shutdownGraceTime: 0,
  });
  const accountWorker = await Worker.create({
    connection: native,
    taskQueue: `shotlist-${account}`,
    activities: recorded,
    shutdownGraceTime: 0,
  });
  const running = Promise.all([workflowWorker.run(), accountWorker.run()]);
  const client = new Client({ connection });
  const batch = `stage-${id}`;
  return {
    client,
    batch,
    calls,
    account,
    callsOf: <Input>(name: keyof Activities): Input[] =>
      calls.filter((call) => call.name === name).map(({ input }) => input as Input),
    /** A lane of this stage's account. */
    lane: (shots: number, step = 'draw') => ({
      lane: `${step}-lane`,
      account,
      accountName: account,
      shots,
      inFlight: shots,
      names: [],
    }),
    start: () =>
      client.workflow.start<typeof batchWorkflow>('batchWorkflow', {
        taskQueue: common,
        workflowId: batchWorkflowId(batch),
        args: [{ batch, run: 1, ledgerId: 'ledger' }],
      }),
    /** Runs one shard of one-shot chunks by itself; `first` is how its first history ended. */
    runShard: async (shots: number, options: { window: number; eventsMax: number }) => {
      const workflowId = `${batchWorkflowId(batch)}/shard`;
      const handle = await client.workflow.start<typeof shardWorkflow>('shardWorkflow', {
        taskQueue: common,
        workflowId,
        args: [
          {
            ...{ batch, run: 1, ledgerId: 'ledger', step: 'draw', lane: 'draw-lane' },
            ...{ account, accountName: account, chunkShots: 1, to: shots },
            chunks: Array.from({ length: shots }, (_, index) => index),
            names: [],
            namesFrom: 0,
            isRead: false,
            ...options,
          },
        ],
      });
      await handle.result();
      let runs = 0;
      let runId: string | undefined = handle.firstExecutionRunId;
      let first: string | undefined;
      while (runId) {
        const current: string = runId;
        const { events } = await client.workflow.getHandle(workflowId, current).fetchHistory();
        const end = events?.at(-1);
        const next = end?.workflowExecutionContinuedAsNewEventAttributes;
        first ??= next ? 'continued as new' : 'ended';
        runId = next?.newExecutionRunId ?? undefined;
        runs++;
      }
      return { first, runs };
    },
    /** Saves the histories of the batch and its shards for the replay tests. */
    record: async (folder: string, name: string) => {
      const query = `WorkflowId STARTS_WITH "${batchWorkflowId(batch)}"`;
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        const kind = workflowId === batchWorkflowId(batch) ? 'batch' : 'shard';
        const place = join(folder, `${kind}-${name}.json`);
        await writeFile(place, `${historyToJSON(history)}\n`);
      }
    },
    close: async () => {
      workflowWorker.shutdown();
      accountWorker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Positions of all chunks, in order. */
export function positions(inputs: readonly RunShotsInput[]): number[] {
  return inputs
    .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index))
    .sort((a, b) => a - b);
}
