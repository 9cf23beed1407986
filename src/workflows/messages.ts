import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

export interface Wake {
  /** Whether shots are open again whose chunks may have ended. */
  readonly reopened: boolean;
}

/**
 * Command to batch, after a ledger write: read the ledger again. The answer comes once the run
 * continues with the new state, or has closed.
 */
export const wakeUpdate = defineUpdate<void, [Wake]>('wake');
/** Command to batch, after a ledger write. `abandon`: do not wait for running jobs. */
export const cancelUpdate = defineUpdate<void, [{ abandon: boolean }]>('cancel');

/** Batch to shard: claim again now. */
export const wakeSignal = defineSignal('wakeShard');
/** A command joined the running batch: all waiting work checks again. */
export const joinedSignal = defineSignal('joined');
/** An answer came late: shots are open again whose chunks have ended. */
export const shotsOpenedSignal = defineSignal('shotsOpened');
/** Shard to batch: its last chunk has begun, so the lane's next shard may start. */
export const shardAdmittedSignal = defineSignal<[string]>('shardAdmitted');
/** A chunk's activity to its shard: the chunk from this position has nothing left to claim. */
export const chunkDrainedSignal = defineSignal<[number]>('chunkDrained');
/** Shard to batch: outputs of the step were saved. */
export const sourcesMovedSignal = defineSignal<[string]>('sourcesMoved');

export interface BatchProgress {
  readonly steps: readonly {
    readonly step: string;
    readonly pass: number;
    readonly ended: boolean;
  }[];
  readonly openShards: number;
}
export const progressQuery = defineQuery<BatchProgress>('progress');
