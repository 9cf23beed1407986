import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import type { BatchOutcome } from '../activities/runs.ts';
import { common } from './activity-options.ts';
import { AdriftCollection } from './collect.ts';
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
  let moves = 0;
  let reopenings = 0;
  let isClosing = false;

  const wake = async (): Promise<void> => {
    moves++;
    await shards.wake();
  };
  const reopen = async (): Promise<void> => {
    reopenings++;
    await wake();
  };
  setHandler(wakeUpdate, async ({ reopened }) => {
    await (reopened ? reopen() : wake());
    // Whoever opened something hears only then whether the run went on with it or was closed.
    await condition(() => !isClosing);
  });
  setHandler(cancelUpdate, async ({ abandon }) => {
    await wake();
    if (abandon) run.cancel();
  });
  setHandler(shotsOpenedSignal, reopen);
  setHandler(joinedSignal, wake);
  setHandler(shardAdmittedSignal, (shard) => shards.admit(shard));
  setHandler(sourcesMovedSignal, (step) => {
    const source = progress.get(step);
    if (source) source.moves++;
  });
  setHandler(progressQuery, () => ({
    steps: [...progress].map(([step, { sweep, ended }]) => ({ step, sweep, ended })),
    openShards: shards.count,
  }));

  const adriftPaid = new AdriftCollection(input);
  /** While steps wait for a person, each message may be the news of something lost. */
  const collectOnEachMove = async (since: number, isOver: () => boolean): Promise<void> => {
    for (let seen = since; ;) {
      await condition(() => isOver() || moves !== seen);
      if (isOver()) return;
      seen = moves;
      const { adrift = [] } = await common.openRun(input);
      adriftPaid.collect(adrift);
    }
  };
  const runSteps = async (): Promise<void> => {
    let seen: number;
    do {
      seen = moves;
      const { steps, adrift = [] } = await common.openRun(input);
      for (const { name } of steps) {
        const { sweep = 0, moves: saves = 0 } = progress.get(name) ?? {};
        progress.set(name, { sweep, planned: false, ended: false, moves: saves });
      }
      const running = steps.map((step) =>
        runStep({
          ...input,
          step,
          progress,
          shards,
          wakes: () => moves,
          reopenings: () => reopenings,
          all: steps,
        }),
      );
      adriftPaid.collect(adrift);
      let isOver = false;
      const ended = Promise.all(running).finally(() => (isOver = true));
      await Promise.all([ended, collectOnEachMove(seen, () => isOver)]);
      await adriftPaid.untilCollected();
    } while (moves !== seen);
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
      const seen = moves;
      const { adrift = [], isOpen = false, ...outcome } = await close(final);
      if (adrift.length === 0 && !isOpen) {
        await condition(allHandlersFinished);
        return outcome;
      }
      // What was replaced or opened while it ended; `cancel --abandon` ends the wait.
      const goingOn = run.run(async () => {
        adriftPaid.collect(adrift);
        await adriftPaid.untilCollected();
        if (isOpen || moves !== seen) await runSteps();
      });
      await goingOn.catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
        cancelled = true;
      });
      final = cancelled || moves === seen;
    }
  });
}
