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
 * Runs the steps of one batch side by side to their end. It carries ids and counts only: killed with all of
 * its history, the same run started again goes on from the ledger.
 */
export async function batchWorkflow(input: BatchInput): Promise<BatchOutcome> {
  const shards = new OpenShards();
  const progress = new Map<string, StepProgress>();
  const run = new CancellationScope();
  /** What messages have asked for, and of that what the run has been told. */
  let asked = { moves: 0, reopenings: 0, isAbandoned: false };
  let reported = asked;
  let answered = 0;
  let isClosing = false;

  // Handlers send nothing. An update that follows a task without commands is told together with what that
  // task was about, updates first, and in a replay after it: what is sent must not depend on either.
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
    // Whoever opened something hears only then whether the run went on with it or was closed.
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
   * Looks into the ledger after each message, for as long as the workflow lives, and only then tells the rest
   * of it. While steps wait for a person, a message may be the news of something lost.
   */
  const attend = async (): Promise<never> => {
    for (;;) {
      await condition(() => hasBegun && asked.moves > reported.moves);
      const news = asked;
      // What is wrong with the ledger is met by the steps.
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
      const running = steps.map((step) =>
        runStep({
          ...input,
          step,
          progress,
          shards,
          wakes: () => reported.moves,
          reopenings: () => reported.reopenings,
          all: steps,
        }),
      );
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
      // What was replaced or opened while it ended; `cancel --abandon` ends the wait.
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
