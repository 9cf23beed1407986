import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

export interface Wake {
  /** Whether shots are to do again whose chunks may have ended. */
  readonly reopened: boolean;
}

/**
 * Command to batch, after the ledger was written: read it again. The answer comes once the run goes on with
 * what was written, or has closed.
 */
export const wakeUpdate = defineUpdate<void, [Wake]>('wake');
/** Command to batch, after the ledger was written. `abandon`: do not wait for jobs that run. */
export const cancelUpdate = defineUpdate<void, [{ abandon: boolean }]>('cancel');

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
    readonly pass: number;
    readonly ended: boolean;
  }[];
  readonly openShards: number;
}
export const progressQuery = defineQuery<BatchProgress>('progress');
