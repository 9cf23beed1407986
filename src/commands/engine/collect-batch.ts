import type { BatchRow } from '../../ledger/port.ts';
import { workflowFailure, workflowEnd } from './workflow-failure.ts';
import type { Project } from '../project/project.ts';
import type { Published, Publisher } from './publish.ts';
import { type Session, startBatch } from './session.ts';
import type { Interrupt } from '../../terminal.ts';

/** Whether a batch has ended, so that another run of its workflow claims nothing. */
export function isEnded({ state }: BatchRow): boolean {
  return state === 'finished' || state === 'cancelled';
}

/** Whether paid work may be missing on disk, stalled jobs included. */
export async function hasLeft({ ledger }: Project, batch: string): Promise<boolean> {
  const left = await ledger.reports.uncollected(batch);
  return left.length > 0 || (await ledger.submissions.accountsWithOrphans(batch)).length > 0;
}

/**
 * Runs the workflow of an ended batch once more. It polls jobs and fetches files; the ledger grants
 * no request. Returns when the workflow ends or the person leaves. Also fetches files that turn out
 * to be lost while the rest is written.
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

/** @returns false when the person leaves before the end */
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
      throw workflowFailure(row, project.continueCommand(row), error) ?? error;
    },
  );
  ended.catch(() => undefined);
  return await Promise.race([ended, interrupt.promise.then(() => false), session.failed]);
}
