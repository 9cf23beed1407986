import { setTimeout as delay } from 'node:timers/promises';
import { batchWorkflowId } from '../../batch/ids.ts';
import type { BatchRow } from '../../ledger/port.ts';
import type { Interrupt } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import { leftWork } from './left-work.ts';
import type { Published, Publisher } from './publish.ts';
import { type Session, startBatch } from './session.ts';
import { workflowEnd, workflowFailure } from './workflow-failure.ts';

const lookMs = 500;
/** How long nothing more may come before the wait ends. */
const settledMs = 5_000;
/** PENDING_ACTIVITY_STATE_STARTED of Temporal's API. */
const activityStarted = 2;

/** Whether a batch has ended, so that another run of its workflow claims nothing. */
export function isEnded({ state }: BatchRow): boolean {
  return state === 'finished' || state === 'cancelled';
}

/**
 * Runs the workflow of an ended or paused batch. It polls jobs and fetches files; the ledger grants
 * no request. Returns when nothing more can be fetched from here, or the person leaves. Writes the
 * files meanwhile and at the end. Also fetches files that turn out to be lost while the rest is
 * written.
 */
export async function collectBatch(
  interrupt: Interrupt,
  project: Project,
  session: Session,
  row: BatchRow,
  publisher: Publisher,
): Promise<Published> {
  const isDone = await runAgain(interrupt, project, session, row, publisher);
  const published = await publisher.publish();
  if (!isDone || published.fetchedAgain.length === 0) return published;
  await runAgain(interrupt, project, session, row, publisher);
  return await publisher.publish();
}

/** @returns false when the person leaves before the end */
async function runAgain(
  interrupt: Interrupt,
  project: Project,
  session: Session,
  row: BatchRow,
  publisher: Publisher,
): Promise<boolean> {
  const { client } = session.temporal;
  await startBatch(session, row, project.ledger);
  await using end = workflowEnd(client, row.batch);
  const ended = end.result.then(
    () => 'ended' as const,
    (error: unknown) => {
      const goOn = `shotlist collect ${project.argumentFor(row)}`;
      throw workflowFailure(row, goOn, error) ?? error;
    },
  );
  ended.catch(() => undefined);
  const left = interrupt.promise.then(() => 'left' as const);
  let idleSince: number | undefined;
  const before = JSON.stringify((await leftWork(project, row.batch)).here);
  for (;;) {
    const next = await Promise.race([ended, left, session.failed, delay(lookMs)]);
    if (next !== undefined) return next === 'ended';
    const { here } = await leftWork(project, row.batch);
    if (here.length > 0 || (await isWorking(session, row.batch))) idleSince = undefined;
    else idleSince ??= performance.now();
    if (idleSince !== undefined && performance.now() - idleSince > settledMs) return true;
    if (JSON.stringify(here) !== before) await publisher.publishNews();
  }
}

/**
 * Whether the workflow itself is at work at a vendor: it asks about stalled jobs and lost files.
 * What waits for a worker that does not come is not at work.
 */
async function isWorking({ temporal }: Session, batch: string): Promise<boolean> {
  const workflow = temporal.client.workflow.getHandle(batchWorkflowId(batch));
  const { pendingActivities } = (await workflow.describe()).raw;
  return (pendingActivities ?? []).some(({ state }) => Number(state) === activityStarted);
}
