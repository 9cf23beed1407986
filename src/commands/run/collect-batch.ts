import type { BatchRow } from '../../ledger/port.ts';
import { brokenOff, workflowEnd } from './broken-off.ts';
import { publish } from './follow.ts';
import type { Project } from '../project/project.ts';
import { type Session, startBatch } from './session.ts';
import type { Interrupt, Terminal } from '../../terminal.ts';

/** Whether a batch is over, so that running its workflow again claims nothing. */
export function isEnded({ state }: BatchRow): boolean {
  return state === 'finished' || state === 'cancelled';
}

/** Whether anything was paid for that is not on disk, or may have been: a job that was given up as endless. */
export async function hasLeft({ ledger }: Project, batch: string): Promise<boolean> {
  const left = await ledger.reports.uncollected(batch);
  return left.length > 0 || (await ledger.submissions.adrift(batch)).length > 0;
}

/**
 * Runs the workflow of a batch that is over once more: its jobs are asked after and its files fetched, and
 * the ledger grants it no request. Ends with the workflow, or when the person leaves.
 */
export async function collectBatch(
  terminal: Terminal,
  interrupt: Interrupt,
  project: Project,
  session: Session,
  row: BatchRow,
): Promise<void> {
  const { client } = session.temporal;
  await startBatch(session, row, project.ledger.id);
  {
    await using end = workflowEnd(client, row.batch);
    const ended = end.result.catch((error: unknown) => {
      throw brokenOff(row, error) ?? error;
    });
    ended.catch(() => undefined);
    await Promise.race([ended, interrupt.promise, session.failed]);
  }
  await publish(project, row.batch, terminal);
}
