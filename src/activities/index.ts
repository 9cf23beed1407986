import { jumpWatchOf } from './clock.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { RunInput } from './own-work.ts';
import { planStep, type PlanStepInput, type StepPlan } from './plan-step.ts';
import type { RunShotsResult } from './range-runner.ts';
import { runShots, type RunShotsInput } from './run-shots.ts';
import { finishRun, openRun, type BatchOutcome, type FinishInput, type RunSteps } from './runs.ts';
import { toApplicationFailure } from './to-application-failure.ts';
import { awaitModel, type AwaitModelInput, type AwaitModelResult } from './training/await-model.ts';
import { trainModel, type TrainModelResult } from './training/train-model.ts';
import type { TrainModelInput } from './training/training.ts';
import { uploadReferences, type UploadReferencesInput } from './uploads/upload-references.ts';

export type { ActivityDependencies } from './dependencies.ts';

/** All activities of a worker. Every failure passes through `toApplicationFailure`. */
export interface Activities {
  openRun(input: RunInput): Promise<RunSteps>;
  planStep(input: PlanStepInput): Promise<StepPlan>;
  trainModel(input: TrainModelInput): Promise<TrainModelResult>;
  awaitModel(input: AwaitModelInput): Promise<AwaitModelResult>;
  uploadReferences(input: UploadReferencesInput): Promise<void>;
  runShots(input: RunShotsInput): Promise<RunShotsResult>;
  finishRun(input: FinishInput): Promise<BatchOutcome>;
}

export function createActivities(deps: ActivityDependencies): Activities {
  // Start the watch for clock jumps.
  jumpWatchOf(deps).look();
  const activity =
    <Input, Result>(work: (deps: ActivityDependencies, input: Input) => Promise<Result>) =>
    async (input: Input): Promise<Result> => {
      try {
        return await work(deps, input);
      } catch (error) {
        throw toApplicationFailure(error);
      }
    };
  return {
    openRun: activity(openRun),
    planStep: activity(planStep),
    trainModel: activity(trainModel),
    awaitModel: activity(awaitModel),
    uploadReferences: activity(uploadReferences),
    runShots: activity(runShots),
    finishRun: activity(finishRun),
  };
}
