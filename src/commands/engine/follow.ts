import { setTimeout as delay } from 'node:timers/promises';
import type { BatchStatus } from '../../ledger/port.ts';
import { noteEnd } from './cost-facts.ts';
import { LiveView } from './live-view.ts';
import type { Project } from '../project/project.ts';
import { type Published, Publisher } from './publish.ts';
import { QuietRun } from './quiet-run.ts';
import { ShotEvents } from './shot-events.ts';
import { exitCodeOf, type ExitCode, stateWord, totals } from '../text/summary.ts';
import { shownWaits } from '../text/waits.ts';
import type { Interrupt, Terminal } from '../../terminal.ts';

export interface FollowOptions {
  readonly batch: string;
  readonly terminal: Terminal;
  /** No live view and no lines per shot. */
  readonly quiet: boolean;
  readonly interrupt: Interrupt;
  /** Rejects when what drives the batch is gone. */
  readonly failed?: Promise<never>;
}

export interface Followed {
  readonly status: BatchStatus;
  readonly exitCode: ExitCode;
  /** The person has left, and the batch goes on. */
  readonly detached: boolean;
  readonly published: Published;
}

const lookMs = 250;
/** How long a stopped batch must stay so before the command gives the terminal back. */
const settledMs = 2_500;
const publishAtLeastMs = 5_000;
/** It rests so much longer than it took to look or to write: a worker in this process has other things to do. */
const restFactor = 4;

/**
 * Shows a batch until it is finished, waits for a person, or the person leaves; writes its files meanwhile
 * and at the end. All from the ledger, so it does not matter who runs the batch.
 */
export async function followBatch(project: Project, options: FollowOptions): Promise<Followed> {
  const { ledger } = project;
  const { terminal, batch, interrupt } = options;
  const view = options.quiet ? undefined : new LiveView(terminal);
  const events = new ShotEvents((line) => view?.event(line));
  const quiet = new QuietRun((line) => view?.event(line));
  const publisher = new Publisher(project, batch, terminal);
  let { cursor } = await ledger.reports.changes(batch, 'now', 1);
  const started = cursor;
  let quietSince: number | undefined;
  let publishedAt = performance.now();
  let publishEveryMs = publishAtLeastMs;
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
      view?.draw(status);
      // Over only when nothing is left to show: shots change between the two looks.
      if (interrupt.isHeard || (isOver(status) && changes.shots.length === 0)) break;
      quietSince = stateWord(status) === 'running' ? undefined : (quietSince ?? performance.now());
      if (quietSince !== undefined && performance.now() - quietSince > settledMs) break;
      if (performance.now() - publishedAt > publishEveryMs && cursor !== started) {
        const writingSince = performance.now();
        await publisher.publish();
        publishedAt = performance.now();
        publishEveryMs = Math.max(publishAtLeastMs, restFactor * (publishedAt - writingSince));
      }
      if (changes.shots.length < 500)
        await Promise.race([
          delay(Math.max(lookMs, restFactor * tookMs)),
          interrupt.promise,
          ...(options.failed ? [options.failed] : []),
        ]);
    }
  } finally {
    view?.end();
  }
  const detached = interrupt.isHeard;
  const ended = await statusOf(project, batch);
  // Nobody drives what ended before: its facts are known or never will be.
  if (options.failed && isOver(ended)) await noteEnd(project, ended.row);
  const published = await publisher.publish();
  const status = await statusOf(project, batch);
  events.end(totals(status).cached);
  const exitCode = detached && !isOver(status) ? 4 : exitCodeWith(status, published);
  return { status, exitCode, detached, published };
}

/** Files that are saved and could not be written to `out/` wait for a person. */
export function exitCodeWith(status: BatchStatus, { problems }: Published): ExitCode {
  return problems.length > 0 ? 4 : exitCodeOf(status);
}

export async function statusOf(project: Project, batch: string): Promise<BatchStatus> {
  const status = await project.ledger.reports.status(batch);
  if (!status) throw new Error(`batch ${batch} left the ledger`);
  return status;
}

function isOver(status: BatchStatus): boolean {
  const { state } = status.row;
  if (state === 'finished') return true;
  return state === 'cancelled' && totals(status).running === 0 && status.row.endedAt !== null;
}
