import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchWorkflowId } from '../../../src/batch/ids.ts';
import { watchDrivers, workflowEnd } from '../../../src/commands/engine/workflow-failure.ts';
import { startBatch as startWorkflow } from '../../../src/commands/engine/session.ts';
import { loadConfig } from '../../../src/config/config.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import { connectTemporal } from '../../../src/temporal/connect.ts';
import { openStage, type Stage } from '../../e2e/stage.ts';
import { accountSettings, plannedShot, startBatch } from '../../ledger/fixture.ts';
import { ownNamespace } from '../../own-namespace.ts';

describe('a batch whose workflow fails', () => {
  let stage: Stage;
  let ledger: Ledger;
  beforeEach(async () => {
    stage = await openStage();
    const { key } = loadConfig(
      { PHOTOGPT_BASE_URL: stage.simulator.baseUrls['photogpt'] },
      stage.folder,
    ).accounts.get('photogpt')!;
    ledger = await openSqliteLedger({ path: join(stage.folder, '.shotlist', 'ledger.db') });
    await ledger.batches.putAccounts([accountSettings({ account: key })]);
    // Its frozen file is in no blob store: nobody can plan its step.
    await startBatch(ledger, 'fox', [plannedShot(0, { account: key })], { accounts: [key] });
  });
  afterEach(async () => {
    await ledger.close();
    await stage[Symbol.asyncDispose]();
  });

  it('is not waited for: the command says why it failed and how to continue', async () => {
    await stage.startWorker();
    const { code, stderr } = await stage.run(['watch', 'fox']);
    expect(stderr).toContain(
      'run 1 of fox failed: the batch, as it was when the run started, is missing in the blob store',
    );
    expect(stderr).toContain('continue with: shotlist run /files/fox.yaml');
    expect(code).toBe(1);
    // It is in the ledger as it was, so that it can go on.
    expect(await ledger.batches.get('fox')).toMatchObject({ state: 'running' });
  });
});

let memory: Ledger;
beforeAll(async () => {
  memory = await openSqliteLedger({ path: ':memory:' });
});
afterAll(() => memory.close());

it('no longer polls a workflow once nobody waits for its end', async () => {
  const batch = `b-${randomUUID()}`;
  const temporal = await connectTemporal(await ownNamespace());
  await startWorkflow({ temporal, say: () => undefined }, { batch, run: 1 }, memory);
  const end = workflowEnd(temporal.client, batch);
  let isSettled = false;
  void end.result.catch(() => (isSettled = true));
  await end[Symbol.asyncDispose]();
  expect(isSettled).toBe(true);
  await temporal.client.workflow.getHandle(batchWorkflowId(batch)).terminate();
  await temporal.close();
});

it('starts a workflow again that its server has lost', async () => {
  const about = { run: 1, ownerPath: '/files/b.yaml', state: 'running' } as const;
  const row = { batch: `b-${randomUUID()}`, ...about };
  const temporal = await connectTemporal(await ownNamespace());
  const { promise: failed } = Promise.withResolvers<never>();
  const session = { temporal, failed, say: () => undefined };
  const drivers = watchDrivers(session, row, { ledger: memory, continueCommand: () => '' });
  const handle = temporal.client.workflow.getHandle(batchWorkflowId(row.batch));
  const status = async () => (await handle.describe().catch(() => undefined))?.status.name;
  await expect.poll(status, { timeout: 10_000 }).toBe('RUNNING');
  await drivers[Symbol.asyncDispose]();
  await handle.terminate();
  await temporal.close();
});
