import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { inject, vi } from 'vitest';

/**
 * A new namespace on the Temporal server that all tests share. Workers of other tests take no work of it, and
 * its own take none of theirs.
 */
export async function ownNamespace(
  name = `test-${randomUUID().slice(0, 8)}`,
): Promise<{ readonly address: string; readonly namespace: string }> {
  const address = inject('temporalAddress');
  const connection = await Connection.connect({ address });
  const { workflowService } = connection;
  try {
    await workflowService.registerNamespace({
      namespace: name,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await vi.waitFor(
      async () => {
        await workflowService.describeTaskQueue({
          namespace: name,
          taskQueue: { name: 'shotlist' },
        });
        await workflowService.countWorkflowExecutions({ namespace: name });
      },
      { timeout: 60_000, interval: 25 },
    );
  } finally {
    await connection.close();
  }
  return { address, namespace: name };
}
