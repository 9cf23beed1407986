import { setTimeout as delay } from 'node:timers/promises';
import type { BatchStatus } from '../../ledger/port.ts';
import { noteEnd } from './cost-facts.ts';
import { leftWork } from './left-work.ts';
import { LiveView } from './live-view.ts';
import type { Project } from '../project/project.ts';
import { type Published, Publisher } from './publish.ts';
import { QuietRun } from './quiet-run.ts';
import { ShotEvents } from './shot-events.ts';
import { exitCodeOf, type ExitCode, stateWord, totals } from '../text/totals.ts';
import { shownWaits } from '../text/waits.ts';
import type { Interrupt, Terminal } from '../../terminal.ts';

export interface FollowOptions {
  readonly batch: string;
  readonly terminal: Terminal;
  readonly interrupt: Interrupt;
  /** Rejects when the worker, the server or the workflow is gone. */
  readonly failed?: Promise<never>;
}

export interface Followed {
  readonly status: BatchStatus;
  readonly exitCode: ExitCode;
  /** The person has left and the batch continues. */
  readonly detached: boolean;
  readonly published: Published;
}

const lookMs = 250;
/** How long a batch must stay stopped before the command returns. */
const settledMs = 2_500;
/** Idle time as a multiple of the work time. A worker in this process needs the rest. */
const restFactor = 4;

/**
 * Shows a batch until it finishes, waits for a person, or the person leaves. Writes its files
 * meanwhile and at the end. Reads only the ledger, so any process may run the batch.
 */
export async function followBatch(project: Project, options: FollowOptions): Promise<Followed> {
  const { ledger } = project;
  const { terminal, batch, interrupt } = options;
  const view = new LiveView(terminal);
  const events = new ShotEvents((line) => view.event(line));
  const quiet = new QuietRun((line) => view.event(line), project);
  const publisher = new Publisher(project, batch, terminal);
  let { cursor } = await ledger.reports.changes(batch, 'now', 1);
  const started = cursor;
  let quietSince: number | undefined;
  let wasPaused = false;
  try {
    for (;;) {
      const begun = performance.now();
      const changes = await ledger.reports.changes(batch, cursor, 500);
      cursor = changes.cursor;
      events.show(changes.shots);
      const status = await statusOf(project, batch);
      const tookMs = performance.now() - begun;
      const waits = shownWaits(await ledger.reports.waits(batch), project.config.accounts);
      quiet.look(changes.shots.length > 0, status, waits);
      view.draw(status);
      const isPaused = status.row.state === 'paused';
      if (isPaused && !wasPaused)
        view.event(`${batch} is paused: nothing new is sent, and what is paid for is collected`);
      wasPaused = isPaused;
      // The batch is over only when no change is left to show: shots change between the two reads.
      if (interrupt.isHeard || (isOver(status) && changes.shots.length === 0)) break;
      if (await isBusy(project, status)) quietSince = undefined;
      else quietSince ??= performance.now();
      if (quietSince !== undefined && performance.now() - quietSince > settledMs) break;
      if (cursor !== started) await publisher.publishNews();
      if (changes.shots.length < 500)
        await Promise.race([
          delay(Math.max(lookMs, restFactor * tookMs)),
          interrupt.promise,
          ...(options.failed ? [options.failed] : []),
        ]);
    }
  } finally {
    view.end();
  }
  const detached = interrupt.isHeard;
  const ended = await statusOf(project, batch);
  // Without `failed`, the batch ended before this call: its facts are known or never will be.
  if (options.failed && isOver(ended)) await noteEnd(project, ended.row);
  const published = await publisher.publish();
  const status = await statusOf(project, batch);
  events.end(totals(status).cached);
  const exitCode = detached && !isOver(status) ? 4 : exitCodeWith(status, published);
  return { status, exitCode, detached, published };
}

/** Saved files that could not be written to `out/` need a person. */
export function exitCodeWith(status: BatchStatus, { problems }: Published): ExitCode {
  return problems.length > 0 ? 4 : exitCodeOf(status);
}

export async function statusOf(project: Project, batch: string): Promise<BatchStatus> {
  const status = await project.ledger.reports.status(batch);
  if (!status) throw new Error(`batch ${batch} left the ledger`);
  return status;
}

/**
 * Whether something happens without a person. A paused batch still collects what is paid for, and
 * so does a cancelled one until its run is closed.
 */
async function isBusy(project: Project, status: BatchStatus): Promise<boolean> {
  const word = stateWord(status);
  if (word === 'cancelled' && status.row.endedAt !== null) return false;
  if (word !== 'paused' && word !== 'cancelled') return word === 'running';
  return (await leftWork(project, status.row.batch)).here.length > 0;
}

function isOver(status: BatchStatus): boolean {
  const { state } = status.row;
  if (state === 'finished') return true;
  return state === 'cancelled' && totals(status).running === 0 && status.row.endedAt !== null;
}
