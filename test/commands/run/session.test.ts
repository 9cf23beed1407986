import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { batchWorkflowId } from '../../../src/batch/ids.ts';
import { openSession, startBatch } from '../../../src/commands/run/session.ts';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connect.ts';
import { openStudio } from '../../activities/studio.ts';

let temporal: TemporalConnection;
beforeAll(async () => {
  temporal = await connectTemporal({ address: inject('temporalAddress') });
});
afterAll(() => temporal.close());

it('starts a new run only when the workflow of the run before has ended', async () => {
  const batch = `b-${randomUUID()}`;
  const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
  const session = { temporal, say: () => undefined };
  await startBatch(session, { batch, run: 1 }, 'ledger');
  await startBatch(session, { batch, run: 1 }, 'ledger');
  const first = await handle.describe();
  const second = startBatch(session, { batch, run: 2 }, 'ledger');
  await expect.poll(async () => (await handle.describe()).historyLength).toBeGreaterThan(3);
  expect((await handle.describe()).runId).toBe(first.runId);
  await handle.terminate('it closes');
  await second;
  const { memo, runId } = await handle.describe();
  expect(memo).toEqual({ run: 2 });
  expect(runId).not.toBe(first.runId);
  await handle.terminate();
});

it('keeps the ledger open until a paid request that outlives its worker is written down', async () => {
  const post = { method: 'POST', path: '/images/generation' };
  const studio = await openStudio({ faults: [{ kind: 'slow', match: post, ms: 4_000 }] });
  onTestFinished(() => studio.close());
  const { ledger, blobs, config } = studio;
  const address = inject('temporalAddress');
  const project = {
    config: { ...config, temporal: { ...config.temporal, address } },
    ledger,
    blobs,
    outFolder: join(studio.home, 'out'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  // As 90 s are to the 70 s after which a worker was cut off, so is the answer to this.
  const session = await openSession(project, {
    worker: true,
    say: () => undefined,
    forceAfterMs: 500,
  });
  const input = await studio.startRun(`batch: late-${randomUUID()}
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox in the snow
`);
  await startBatch(session, input, ledger.id);
  const rows = () => Array.fromAsync(ledger.reports.submissions(input.batch));
  await expect.poll(async () => (await rows())[0]?.state, { timeout: 30_000 }).toBe('claimed');
  await session.close();
  expect(await rows()).toMatchObject([{ state: 'submitted', jobId: expect.any(String) as string }]);
  await temporal.client.workflow.getHandle(batchWorkflowId(input.batch)).terminate();
});
