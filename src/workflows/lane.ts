import { condition, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import type { StepPlan } from '../activities/plan-step.ts';
import { shardWorkflowId } from '../batch/ids.ts';
import type { OpenShards } from './open-shards.ts';
import { shardWorkflow } from './shard.ts';

const chunksPerShard = 200;
const chunkShotsMax = 100;

/** Shots per activity: one each up to 200 shots, then a number that keeps the activity list readable. */
function chunkShotsOf(shots: number): number {
  return Math.min(chunkShotsMax, Math.max(1, Math.ceil(shots / chunksPerShard)));
}

/** Concurrent chunks: enough to use the account's full limit of jobs in flight. */
function windowOf(inFlight: number, chunkShots: number): number {
  return Math.max(2, Math.ceil(inFlight / chunkShots));
}

/** Runs one lane's shards. Each next shard starts once the previous one has begun its last chunk. */
export async function runLane(lane: {
  readonly run: RunInput;
  readonly step: string;
  readonly pass: number;
  readonly plan: StepPlan['lanes'][number];
  readonly shards: OpenShards;
  readonly isRead: boolean;
}): Promise<void> {
  const { plan, shards, step, pass } = lane;
  const { batch, run, ledgerId } = lane.run;
  const chunkShots = chunkShotsOf(plan.shots);
  const shardShots = chunkShots * chunksPerShard;
  const running: Promise<void>[] = [];
  for (let shard = 0; shard * shardShots < plan.shots; shard++) {
    const from = shard * shardShots;
    const to = Math.min(plan.shots, from + shardShots);
    const workflowId = shardWorkflowId({
      batch,
      run,
      pass,
      step,
      shard,
      accountName: plan.accountName,
    });
    const chunks = Array.from(
      { length: Math.ceil((to - from) / chunkShots) },
      (_, index) => from + index * chunkShots,
    );
    const handle = await startChild(shardWorkflow, {
      workflowId,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${step} at ${plan.accountName}: shots ${from + 1}-${to}`,
      args: [
        {
          batch,
          run,
          ledgerId,
          step,
          chunkShots,
          chunks,
          to,
          lane: plan.lane,
          account: plan.account,
          accountName: plan.accountName,
          window: Math.min(chunks.length, windowOf(plan.inFlight, chunkShots)),
          names: chunkShots === 1 ? plan.names.slice(from, to) : [],
          namesFrom: from,
          isRead: lane.isRead,
        },
      ],
    });
    shards.add(handle);
    const ended = handle.result().finally(() => shards.remove(workflowId));
    // A shard may fail during the start of the next one; the failure is handled below.
    ended.catch(() => undefined);
    running.push(ended);
    if (to < plan.shots) await condition(() => shards.isAdmitted(workflowId));
  }
  await Promise.all(running);
}
