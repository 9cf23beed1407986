import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { batchWorkflowId } from '../../../src/batch/ids.ts';
import { openProject } from '../../../src/commands/project/project.ts';
import { openSession, startBatch } from '../../../src/commands/engine/session.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connect.ts';
import { openStudio } from '../../activities/studio.ts';
import { acceptedRun } from '../../ledger/fixture.ts';
import { ownNamespace } from '../../own-namespace.ts';

let target: Awaited<ReturnType<typeof ownNamespace>>;
let temporal: TemporalConnection;
let ledger: Ledger;
beforeAll(async () => {
  ledger = await openSqliteLedger({ path: ':memory:' });
  target = await ownNamespace();
  temporal = await connectTemporal(target);
});
afterAll(async () => {
  await temporal.close();
  await ledger.close();
});

it('starts a new run only when the workflow of the run before has ended', async () => {
  const batch = `b-${randomUUID()}`;
  const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
  const session = { temporal, say: () => undefined };
  await startBatch(session, { batch, run: 1 }, ledger);
  await startBatch(session, { batch, run: 1 }, ledger);
  const first = await handle.describe();
  const second = startBatch(session, { batch, run: 2 }, ledger);
  await expect.poll(async () => (await handle.describe()).historyLength).toBeGreaterThan(3);
  expect((await handle.describe()).runId).toBe(first.runId);
  await handle.terminate('it closes');
  await second;
  const { memo, runId } = await handle.describe();
  expect(memo).toEqual({ run: 2 });
  expect(runId).not.toBe(first.runId);
  await handle.terminate();
});

it('waits for the workflow of a later run that a restored ledger does not know', async () => {
  const batch = `b-${randomUUID()}`;
  const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
  const session = { temporal, say: () => undefined };
  await startBatch(session, { batch, run: 3 }, ledger);
  await ledger.batches.startRun(acceptedRun(batch));
  const restored = startBatch(session, { batch, run: 1 }, ledger);
  await expect.poll(async () => (await handle.describe()).historyLength).toBeGreaterThan(3);
  await handle.terminate('it finds that it is not known');
  await restored;
  expect((await handle.describe()).memo).toEqual({ run: 1 });
  await handle.terminate();
});

it('leaves the batch to a newer run that has taken over', async () => {
  const batch = `b-${randomUUID()}`;
  const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
  const session = { temporal, say: () => undefined };
  for (let run = 1; run <= 2; run += 1) await ledger.batches.startRun(acceptedRun(batch));
  await startBatch(session, { batch, run: 2 }, ledger);
  await startBatch(session, { batch, run: 1 }, ledger);
  expect((await handle.describe()).memo).toEqual({ run: 2 });
  await handle.terminate();
});

it('keeps the ledger open until a paid request that outlives its worker is written down', async () => {
  const post = { method: 'POST', path: '/images/generation' };
  const studio = await openStudio({ faults: [{ kind: 'slow', match: post, ms: 4_000 }] });
  onTestFinished(() => studio.close());
  const { ledger, config } = studio;
  const project = await openProject(
    { folder: studio.home, say: () => undefined },
    {
      ...config,
      ledgerPath: join(studio.home, 'ledger.db'),
      blobsFolder: join(studio.home, 'blobs'),
      temporal: { ...config.temporal, ...target },
    },
  );
  onTestFinished(() => project[Symbol.asyncDispose]());
  // As 90 s are to the 70 s after which a worker was cut off, so is the answer to this.
  const session = await openSession(project, {
    role: 'run',
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
  await startBatch(session, input, ledger);
  const rows = () => Array.fromAsync(ledger.reports.submissions(input.batch));
  await expect.poll(async () => (await rows())[0]?.state, { timeout: 30_000 }).toBe('claimed');
  await session.close();
  expect(await rows()).toMatchObject([{ state: 'submitted', jobId: expect.any(String) as string }]);
  await temporal.client.workflow.getHandle(batchWorkflowId(input.batch)).terminate();
});
