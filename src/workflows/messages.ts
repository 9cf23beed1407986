import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Unit } from '../money.ts';

/** The ledger is written before any of these is sent; they only hurry the workflow along. */
export const pauseUpdate = defineUpdate<void>('pause');
export const resumeUpdate = defineUpdate<void>('resume');
export const cancelUpdate = defineUpdate<void, [{ abandon: boolean }]>('cancel');
export const setBudgetUpdate = defineUpdate<void, [{ account: string; unit: Unit; cap: number }]>(
  'setBudget',
);
/** Something in the ledger changed: an approval, a resolved shot, a hold that ended. */
export const wakeUpdate = defineUpdate<void>('wake');

/** Batch to shard: claim again now. */
export const wakeSignal = defineSignal('wakeShard');
/** Somebody runs the batch: whatever waits looks again. */
export const joinedSignal = defineSignal('joined');
/** An answer came late: shots are to do again whose chunks have ended. */
export const shotsOpenedSignal = defineSignal('shotsOpened');
/** Shard to batch: its last chunk has begun, so the lane's next shard may start. */
export const shardAdmittedSignal = defineSignal<[string]>('shardAdmitted');
/** A chunk's activity to its shard: nothing is left to claim in the chunk that begins there. */
export const chunkDrainedSignal = defineSignal<[number]>('chunkDrained');
/** Shard to batch: outputs of the step were saved. */
export const sourcesMovedSignal = defineSignal<[string]>('sourcesMoved');

export interface BatchProgress {
  readonly steps: readonly {
    readonly step: string;
    readonly sweep: number;
    readonly ended: boolean;
  }[];
  readonly openShards: number;
}
export const progressQuery = defineQuery<BatchProgress>('progress');
