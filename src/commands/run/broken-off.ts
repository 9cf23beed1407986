import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { batchWorkflowId } from '../../batch/ids.ts';
import { messageOf, UserError } from '../../errors.ts';
import type { BatchRow } from '../../ledger/port.ts';
import type { Session } from './session.ts';

const againMs = 1_000;

/**
 * `failed` rejects when nobody drives the batch any more: as the session's does, or with the words of the
 * batch's workflow when that fails, since the ledger says `running` for ever then. It keeps no process
 * alive, and is over when it is disposed of.
 */
export function watchDrivers(
  { temporal: { client }, failed: sessionFailed }: Pick<Session, 'temporal' | 'failed'>,
  row: Pick<BatchRow, 'batch' | 'run' | 'ownerPath'>,
): Disposable & { readonly failed: Promise<never> } {
  const over = new AbortController();
  const { promise: workflowFailed, reject } = Promise.withResolvers<never>();
  const failed = Promise.race([sessionFailed, workflowFailed]);
  failed.catch(() => {});
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        await client.workflow.getHandle(batchWorkflowId(row.batch)).result();
        return;
      } catch (error) {
        const told = brokenOff(row, error);
        if (told) return reject(told);
        if (error instanceof WorkflowFailedError) return;
      }
      await delay(againMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
    }
  };
  void watch();
  return { failed, [Symbol.dispose]: () => over.abort() };
}

/** For people, when it is the batch's workflow that has failed; a cancelled one has done what it was told. */
export function brokenOff(
  { batch, run, ownerPath }: Pick<BatchRow, 'batch' | 'run' | 'ownerPath'>,
  error: unknown,
): UserError | undefined {
  if (!(error instanceof WorkflowFailedError) || error.cause instanceof CancelledFailure)
    return undefined;
  return new UserError(`run ${run} of ${batch} broke off: ${wordsOf(error)}`, {
    exitCode: 1,
    next: [`nothing is lost; when that is mended, go on with: shotlist run ${ownerPath}`],
    cause: error,
  });
}

/** The failure of the work itself, beneath those of the activities and workflows around it. */
function wordsOf(error: Error): string {
  let words = error.message;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    words = messageOf(cause);
    if (cause instanceof ApplicationFailure) break;
  }
  return words;
}
