import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import type { BatchOutcome, RunSteps } from '../activities/runs.ts';
import { common } from './activity-options.ts';
import { OrphanCollection } from './collect.ts';
import {
  cancelUpdate,
  joinedSignal,
  progressQuery,
  shardAdmittedSignal,
  shotsOpenedSignal,
  sourcesMovedSignal,
  wakeUpdate,
} from './messages.ts';
import { OpenShards } from './open-shards.ts';
import { runStep, type StepProgress } from './step.ts';

export type BatchInput = RunInput;

/**
 * Runs the steps of one batch concurrently to their end. It carries ids and counts only. After a
 * loss of the workflow and its history, the same run started again continues from the ledger.
 */
export async function batchWorkflow(input: BatchInput): Promise<BatchOutcome> {
  const shards = new OpenShards();
  const progress = new Map<string, StepProgress>();
  const run = new CancellationScope();
  /** Requests from messages, and the part of them that the run has received. */
  let asked = { moves: 0, reopenings: 0, isAbandoned: false };
  let reported = asked;
  let answered = 0;
  let isClosing = false;

  // Handlers send no commands. An update after a task without commands is delivered together with
  // that task's events, updates first, but after it in a replay. So no command may depend on this
  // order.
  const ask = (more: { reopened?: boolean; abandon?: boolean }): number => {
    const { moves, reopenings, isAbandoned } = asked;
    asked = {
      moves: moves + 1,
      reopenings: reopenings + (more.reopened ? 1 : 0),
      isAbandoned: isAbandoned || more.abandon === true,
    };
    return asked.moves;
  };
  setHandler(wakeUpdate, async ({ reopened }) => {
    const own = ask({ reopened });
    // The answer must show whether the run continued with the opened shots or was closed.
    await condition(() => answered >= own && !isClosing);
  });
  setHandler(cancelUpdate, async ({ abandon }) => {
    const own = ask({ abandon });
    await condition(() => answered >= own);
  });
  setHandler(shotsOpenedSignal, () => void ask({ reopened: true }));
  setHandler(joinedSignal, () => void ask({}));
  setHandler(shardAdmittedSignal, (shard) => shards.admit(shard));
  setHandler(sourcesMovedSignal, (step) => {
    const source = progress.get(step);
    if (source) source.moves++;
  });
  setHandler(progressQuery, () => ({
    steps: [...progress].map(([step, { pass, ended }]) => ({ step, pass, ended })),
    openShards: shards.count,
  }));

  const orphans = new OrphanCollection(input);
  const report = (news: typeof asked): void => {
    if (news.moves > reported.moves) reported = news;
    if (reported.isAbandoned) run.cancel();
  };
  let hasBegun = false;
  /**
   * Reads the ledger after each message, for the life of the workflow, and only then passes the
   * message on. While steps wait for a person, a message may concern orphaned work, such as lost
   * files.
   */
  const attend = async (): Promise<never> => {
    for (;;) {
      await condition(() => hasBegun && asked.moves > reported.moves);
      const news = asked;
      // A ledger failure surfaces in the steps.
      const { orphaned = [] } = await common.openRun(input).catch((): Partial<RunSteps> => ({}));
      report(news);
      await run.run(async () => orphans.collect(orphaned)).catch(() => undefined);
      await shards.wake();
      answered = reported.moves;
    }
  };
  CancellationScope.nonCancellable(attend).catch(() => undefined);

  const runSteps = async (): Promise<void> => {
    let seen: number;
    do {
      const news = asked;
      const { steps, orphaned = [] } = await common.openRun(input);
      hasBegun = true;
      report(news);
      answered = reported.moves;
      seen = reported.moves;
      for (const { name } of steps) {
        const { pass = 0, moves: saves = 0 } = progress.get(name) ?? {};
        progress.set(name, { pass, planned: false, ended: false, moves: saves });
      }
      const allEnded = (): boolean => steps.every(({ name }) => progress.get(name)?.ended);
      const runToEnd = async (step: RunSteps['steps'][number]): Promise<void> => {
        for (;;) {
          await runStep({
            ...input,
            step,
            progress,
            shards,
            wakes: () => reported.moves,
            reopenings: () => reported.reopenings,
            all: steps,
          });
          // Another step may wait for a person for days: opened shots of this one do not wait with it.
          const { reopenings } = reported;
          await condition(() => allEnded() || reported.reopenings !== reopenings);
          if (reported.reopenings === reopenings) return;
        }
      };
      const running = steps.map(runToEnd);
      orphans.collect(orphaned);
      await Promise.all(running);
      await orphans.untilCollected();
      await condition(() => answered >= asked.moves);
    } while (reported.moves !== seen);
  };

  let cancelled = false;
  try {
    await run.run(runSteps);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    cancelled = true;
  }
  const close = async (final: boolean): Promise<BatchOutcome> => {
    isClosing = true;
    try {
      return await common.finishRun({ ...input, final, cancelled });
    } finally {
      isClosing = false;
    }
  };
  return await CancellationScope.nonCancellable(async () => {
    for (let final = cancelled; ;) {
      await condition(allHandlersFinished);
      const seen = reported.moves;
      const { orphaned = [], isOpen = false, ...outcome } = await close(final);
      if (orphaned.length === 0 && !isOpen) {
        await condition(allHandlersFinished);
        return outcome;
      }
      // Handle work that was orphaned or opened during the close; `cancel --abandon` ends the wait.
      const goingOn = run.run(async () => {
        orphans.collect(orphaned);
        await orphans.untilCollected();
        if (isOpen || reported.moves !== seen) await runSteps();
      });
      await goingOn.catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
        cancelled = true;
      });
      final = cancelled || reported.moves === seen;
    }
  });
}
