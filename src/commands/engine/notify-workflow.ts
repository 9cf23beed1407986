import { batchWorkflowId } from '../../batch/ids.ts';
import type { Config } from '../../config/config.ts';
import { messageOf, UserError } from '../../errors.ts';
import { runningServer } from '../../temporal/running-server.ts';
import type { Wake } from '../../workflows/messages.ts';

/** `wake`: the ledger was changed. `cancel`: the ledger says so; `abandon` does not wait for running jobs. */
export type BatchMessage =
  ({ readonly kind: 'wake' } & Wake) | { readonly kind: 'cancel'; readonly abandon: boolean };

/**
 * Notifies a running workflow that the ledger was written.
 * @returns false when no server or workflow runs or it answers too late; the next `run` then reads
 * the ledger
 * @throws UserError on any other answer of the server
 */
export async function notifyWorkflow(
  config: Config,
  batch: string,
  message: BatchMessage,
): Promise<boolean> {
  const address = config.temporal.address ?? runningServer(config.stateFolder);
  if (!address) return false;
  const [{ WorkflowNotFoundError }, { connectTemporal }, messages] = await Promise.all([
    import('@temporalio/client'),
    import('../../temporal/connect.ts'),
    import('../../workflows/messages.ts'),
  ]);
  const temporal = await connectTemporal({
    address,
    namespace: config.temporal.namespace,
    ...(config.temporal.address && { environment: config.temporal.environment }),
  });
  try {
    const handle = temporal.client.workflow.getHandle(batchWorkflowId(batch));
    const { wakeUpdate, cancelUpdate } = messages;
    const answer =
      message.kind === 'wake'
        ? handle.executeUpdate(wakeUpdate, { args: [{ reopened: message.reopened }] })
        : handle.executeUpdate(cancelUpdate, { args: [{ abandon: message.abandon }] });
    await withTimeout(answer, 10_000);
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
