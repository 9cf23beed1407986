import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { batchWorkflowId } from '../../batch/ids.ts';
import { messageOf, UserError } from '../../errors.ts';
import type { BatchRow } from '../../ledger/port.ts';
import type { Project } from '../project/project.ts';
import { type Session, startBatch } from './session.ts';

const againMs = 1_000;
const leaveMs = 3_000;

/**
 * The end of the batch's workflow, while a caller waits for it. Dispose of it before closing the
 * connection: a retried call on a closed connection ends the process.
 */
export function workflowEnd(
  client: Client,
  batch: string,
): AsyncDisposable & { readonly result: Promise<unknown> } {
  const over = new AbortController();
  const result = client.withAbortSignal(over.signal, () =>
    client.workflow.getHandle(batchWorkflowId(batch)).result(),
  );
  const settled = result.then(
    () => undefined,
    () => undefined,
  );
  return {
    result,
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.race([settled, delay(leaveMs, undefined, { ref: false })]);
    },
  };
}

/**
 * `failed` rejects when the session fails, or when the batch's workflow fails. After a workflow
 * failure the ledger would say `running` for ever. A missing workflow is started again, for example
 * after the server lost its database. The watch keeps no process alive and ends on disposal.
 */
export function watchDrivers(
  session: Pick<Session, 'temporal' | 'failed' | 'say'>,
  row: Pick<BatchRow, 'batch' | 'run' | 'ownerPath' | 'state'>,
  { ledger, continueCommand }: Pick<Project, 'ledger' | 'continueCommand'>,
): AsyncDisposable & { readonly failed: Promise<never> } {
  const over = new AbortController();
  const { promise: workflowFailed, reject } = Promise.withResolvers<never>();
  const failed = Promise.race([session.failed, workflowFailed]);
  failed.catch(() => {});
  const isOver = once(over.signal, 'abort');
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await using end = workflowEnd(session.temporal.client, row.batch);
      try {
        await Promise.race([end.result, isOver]);
        return;
      } catch (error) {
        const now = (await ledger.batches.get(row.batch).catch(() => undefined)) ?? row;
        const reported = workflowFailure(row, continueCommand(now), error);
        if (reported) return reject(reported);
        if (error instanceof WorkflowFailedError) return;
        if (error instanceof WorkflowNotFoundError)
          await startBatch(session, row, ledger).catch(() => undefined);
      }
      await delay(againMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
    }
  };
  const watching = watch();
  return {
    failed,
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}

/**
 * The error to show when the batch's workflow failed. Undefined for a cancelled workflow, which
 * ended as requested.
 */
export function workflowFailure(
  { batch, run }: Pick<BatchRow, 'batch' | 'run'>,
  goOn: string,
  error: unknown,
): UserError | undefined {
  if (!(error instanceof WorkflowFailedError) || error.cause instanceof CancelledFailure)
    return undefined;
  return new UserError(`run ${run} of ${batch} failed: ${wordsOf(error)}`, {
    exitCode: 1,
    next: [`nothing is lost; fix the cause, then continue with: ${goOn}`],
    cause: error,
  });
}

/** The failure of the work itself, beneath the errors of activities and workflows around it. */
function wordsOf(error: Error): string {
  let words = error.message;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    words = messageOf(cause);
    if (cause instanceof ApplicationFailure) break;
  }
  return words;
}
