import { batchWorkflowId } from '../../batch/ids.ts';
import type { Config } from '../../config.ts';
import { messageOf, UserError } from '../../errors.ts';
import { runningServer } from '../../temporal/running-server.ts';

export type BatchMessage = 'pause' | 'resume' | 'cancel' | 'setBudget' | 'wake';

/**
 * Hurries a running workflow along after the ledger was written.
 * @returns false when no server or no workflow runs; the next `run` then goes by the ledger
 */
export async function tellBatch(
  config: Config,
  batch: string,
  message: BatchMessage,
  args: readonly unknown[] = [],
): Promise<boolean> {
  const address = config.temporal.address ?? runningServer(config.stateFolder);
  if (!address) return false;
  const [{ WorkflowNotFoundError }, { connectTemporal }] = await Promise.all([
    import('@temporalio/client'),
    import('../../temporal/connect.ts'),
  ]);
  const temporal = await connectTemporal({
    address,
    namespace: config.temporal.namespace,
    ...(config.temporal.address && { environment: config.temporal.environment }),
  });
  try {
    const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
    await withTimeout(
      handle.executeUpdate<unknown, [unknown, ...unknown[]]>(message, { args: [args[0]] }),
      10_000,
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof SlowAnswer) return false;
    throw error instanceof UserError ? error : new UserError(messageOf(error), { exitCode: 1 });
  } finally {
    await temporal.close();
  }
}

class SlowAnswer extends Error {}

async function withTimeout<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SlowAnswer(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
