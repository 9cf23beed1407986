import type { BatchRow } from '../../ledger/port.ts';
import type { Terminal } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import { watchDrivers } from './workflow-failure.ts';
import { collectBatch, isEnded } from './collect-batch.ts';
import {
  exitCodeWith,
  type Followed,
  followBatch,
  type FollowOptions,
  statusOf,
} from './follow.ts';
import { Publisher } from './publish.ts';
import { type Session, startBatch } from './session.ts';

/** Follows a batch with a running workflow. Fetches files that turn out to be lost at the end. */
export async function driveToEnd(
  terminal: Terminal,
  project: Project,
  session: Session,
  row: BatchRow,
  options: Pick<FollowOptions, 'interrupt'>,
): Promise<Followed> {
  const followed = await followDriven(terminal, project, session, row, options);
  if (followed.detached || followed.published.fetchedAgain.length === 0) return followed;
  // A run that waits for a person does not end. Once woken, it fetches the files and waits again.
  if (!isEnded(followed.status.row)) {
    await startBatch(session, row, project.ledger);
    return await followDriven(terminal, project, session, row, options);
  }
  const publisher = new Publisher(project, row.batch, terminal);
  const published = await collectBatch(options.interrupt, project, session, row, publisher);
  const status = await statusOf(project, row.batch);
  return { ...followed, published, status, exitCode: exitCodeWith(status, published) };
}

async function followDriven(
  terminal: Terminal,
  project: Project,
  session: Session,
  row: BatchRow,
  options: Pick<FollowOptions, 'interrupt'>,
): Promise<Followed> {
  await using drivers = watchDrivers(session, row, project);
  return await followBatch(project, {
    batch: row.batch,
    terminal,
    ...options,
    failed: drivers.failed,
  });
}
