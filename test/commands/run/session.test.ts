import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { batchWorkflowId } from '../../../src/batch/ids.ts';
import { startBatch } from '../../../src/commands/run/session.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connect.ts';
import { acceptedRun } from '../../ledger/fixture.ts';

let temporal: TemporalConnection;
let ledger: Ledger;
beforeAll(async () => {
  ledger = await openSqliteLedger({ path: ':memory:' });
  temporal = await connectTemporal({ address: inject('temporalAddress') });
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
