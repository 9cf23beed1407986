import type { BatchRow } from '../../ledger/port.ts';
import { workflowFailure, workflowEnd } from './workflow-failure.ts';
import type { Project } from '../project/project.ts';
import type { Published, Publisher } from './publish.ts';
import { type Session, startBatch } from './session.ts';
import type { Interrupt } from '../../terminal.ts';

/** Whether a batch is over, so that running its workflow again claims nothing. */
export function isEnded({ state }: BatchRow): boolean {
  return state === 'finished' || state === 'cancelled';
}

/** Whether anything was paid for that is not on disk, or may have been: a job that was given up as endless. */
export async function hasLeft({ ledger }: Project, batch: string): Promise<boolean> {
  const left = await ledger.reports.uncollected(batch);
  return left.length > 0 || (await ledger.submissions.accountsWithOrphans(batch)).length > 0;
}

/**
 * Runs the workflow of a batch that is over once more: its jobs are polled and its files fetched, and
 * the ledger grants it no request. Ends with the workflow, or when the person leaves. Files that are found
 * to be lost when the rest is written are fetched as well.
 */
export async function collectBatch(
  interrupt: Interrupt,
  project: Project,
  session: Session,
  row: BatchRow,
  publisher: Publisher,
): Promise<Published> {
  const isDone = await runAgain(interrupt, project, session, row);
  const published = await publisher.publish();
  if (!isDone || published.fetchedAgain.length === 0) return published;
  await runAgain(interrupt, project, session, row);
  return await publisher.publish();
}

/** @returns false where the person left before its end */
async function runAgain(
  interrupt: Interrupt,
  project: Project,
  session: Session,
  row: BatchRow,
): Promise<boolean> {
  const { client } = session.temporal;
  await startBatch(session, row, project.ledger);
  await using end = workflowEnd(client, row.batch);
  const ended = end.result.then(
    () => true,
    (error: unknown) => {
      throw workflowFailure(row, project.runCommand(row), error) ?? error;
    },
  );
  ended.catch(() => undefined);
  return await Promise.race([ended, interrupt.promise.then(() => false), session.failed]);
}
