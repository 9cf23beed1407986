import { condition, workflowInfo } from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import type { RunSteps } from '../activities/runs.ts';
import { planning } from './activity-options.ts';
import { runLane } from './lane.ts';
import type { OpenShards } from './open-shards.ts';
import { prepareStep } from './prepare.ts';
import { nextReplanPauseMs, replanPauseFirstMs } from './replan-pause.ts';

export interface StepProgress {
  /** Planning passes started. */
  pass: number;
  /** Whether its shots are planned in this run; before that, steps that read it see no outputs. */
  planned: boolean;
  ended: boolean;
  /** Number of reports of saved outputs of this step. */
  moves: number;
}

export interface StepRun extends RunInput {
  readonly step: RunSteps['steps'][number];
  readonly all: RunSteps['steps'];
  readonly progress: ReadonlyMap<string, StepProgress>;
  readonly shards: OpenShards;
  /** Messages so far; each may have opened shots or approved outputs. */
  readonly wakes: () => number;
  /** Times that shots may have been opened after their chunks had ended. */
  readonly reopenings: () => number;
}

/**
 * Plans and runs one step. A step that reads others is planned again whenever their outputs change,
 * each time with new lanes; the shards of old lanes find no work left and end. The step ends when
 * its sources have ended, nothing has changed since the last plan, and no shard runs.
 */
export async function runStep(run: StepRun): Promise<void> {
  const { step, progress, wakes } = run;
  const { batch, run: number, ledgerId } = run;
  const input: RunInput = { batch, run: number, ledgerId };
  const own = progress.get(step.name);
  if (!own) return;
  own.ended = false;
  const isRead = run.all.some(({ from }) => from.includes(step.name));
  const sources = step.from.flatMap((name) => progress.get(name) ?? []);
  const sourcesEnded = (): boolean => sources.every(({ ended }) => ended);
  const movement = (): number => sources.reduce((sum, { moves }) => sum + moves, wakes());
  const lanes = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let pauseMs = replanPauseFirstMs;
  if (sources.length > 0) await condition(() => sources.every(({ planned }) => planned));
  for (;;) {
    const seen = movement();
    const opened = run.reopenings();
    const complete = sourcesEnded();
    const pass = ++own.pass;
    const { planStep } = planning(`plan ${step.name}`);
    const plan = await planStep({ ...input, step: step.name, pass });
    own.planned = true;
    const ran = prepareStep(input, step.name, plan, wakes)
      .then(() =>
        Promise.all(
          plan.lanes.map((lane) =>
            runLane({
              run: input,
              step: step.name,
              pass,
              plan: lane,
              isRead,
              shards: run.shards,
            }),
          ),
        ),
      )
      .then(
        () => undefined,
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => lanes.delete(ran));
    lanes.add(ran);
    await condition(
      () =>
        failure !== undefined ||
        (step.from.length > 0 && movement() !== seen) ||
        run.reopenings() !== opened ||
        (!complete && sourcesEnded()) ||
        (complete && lanes.size === 0),
    );
    if (failure) throw failure.error;
    if (complete && lanes.size === 0 && movement() === seen) break;
    if (!sourcesEnded()) {
      await condition(() => sourcesEnded() || run.reopenings() !== opened, pauseMs);
      pauseMs = nextReplanPauseMs(pauseMs, workflowInfo().historyLength);
    }
  }
  own.ended = true;
}
