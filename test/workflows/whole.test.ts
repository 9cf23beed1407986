import { afterEach, describe, expect, it } from 'vitest';
import { batchWorkflowId, commonTaskQueue } from '../../src/batch/ids.ts';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { startWorker } from '../../src/worker.ts';
import { ownNamespace } from '../own-namespace.ts';
import type { batchWorkflow } from '../../src/workflows/index.ts';
import { openStudio, type Studio } from '../activities/studio.ts';

const twoSteps = `batch: whole-${Date.now()}
steps:
  draw:
    rows: [{ what: fox }, { what: hen }, { what: owl }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
  larger:
    from: draw
    model: photogpt:upscale
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('startWorker', () => {
  it('serves a batch of two steps from its start to its end', async () => {
    studio = await openStudio();
    const temporal = await connectTemporal(await ownNamespace());
    const worker = await startWorker({
      config: studio.config,
      ledger: studio.ledger,
      blobs: studio.blobs,
      recovery: studio.deps.recovery,
      connection: await temporal.nativeConnection(),
      namespace: temporal.namespace,
    });
    const serving = worker.run();
    const input = await studio.startRun(twoSteps);
    const outcome = await temporal.client.workflow.execute<typeof batchWorkflow>('batchWorkflow', {
      taskQueue: commonTaskQueue,
      workflowId: batchWorkflowId(input.batch),
      args: [input],
    });
    worker.shutdown();
    await serving;
    await temporal.close();
    expect(outcome).toMatchObject({ outcome: 'complete', shots: { total: 6, done: 6 } });
    expect(studio.simulator.book.accepted).toHaveLength(6);
  });
});
