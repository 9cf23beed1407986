import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { batchWorkflowId } from '../../../src/batch/ids.ts';
import { startBatch } from '../../../src/commands/run/session.ts';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connect.ts';

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
