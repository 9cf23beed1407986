import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunShotsInput } from '../../src/activities/run-shots.ts';
import { chunkDrainedSignal } from '../../src/workflows/messages.ts';
import { openStage, positions, type Stage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

describe('shardWorkflow', () => {
  it('drains a history that grows long, and continues as new with what is left', async () => {
    const shots = 40;
    const waited = new Set<number>();
    stage = await openStage({
      // Every fourth chunk is not done at once, so that some are cut off in the middle.
      runShots: async ({ from }) => {
        if (from % 4 !== 0 || waited.has(from)) return { kind: 'done', saved: 1 };
        waited.add(from);
        return { kind: 'wait', ms: 20, saved: 0 };
      },
    });
    const { first, runs } = await stage.runShard(shots, { window: 4, eventsMax: 60 });
    expect(first).toBe('continued as new');
    expect(runs).toBeGreaterThan(2);
    const asked = stage.callsOf<RunShotsInput>('runShots');
    expect(asked).toHaveLength(shots + waited.size);
    expect([...new Set(positions(asked))]).toEqual(
      Array.from({ length: shots }, (_, index) => index),
    );
  });

  it('starts the next chunk when one has nothing left to claim, however long its jobs take', async () => {
    const othersEnded = Promise.withResolvers<void>();
    let ended = 0;
    stage = await openStage({
      runShots: async ({ from }) => {
        if (from === 0) {
          const { client, info } = Context.current();
          const { workflowId = '' } = info.workflowExecution ?? {};
          await client.workflow.getHandle(workflowId).signal(chunkDrainedSignal, from);
          await othersEnded.promise;
        } else if (++ended === 2) othersEnded.resolve();
        return { kind: 'done', saved: 1 };
      },
    });
    await stage.runShard(3, { window: 1, eventsMax: 8_000 });
    expect(positions(stage.callsOf<RunShotsInput>('runShots'))).toEqual([0, 1, 2]);
  });

  it('ends with the failure of a chunk, also while others have nothing left to claim', async () => {
    stage = await openStage({
      runShots: async ({ from }) => {
        if (from === 1) throw ApplicationFailure.nonRetryable('the ledger is another');
        const { client, info, cancelled } = Context.current();
        const { workflowId = '' } = info.workflowExecution ?? {};
        await client.workflow.getHandle(workflowId).signal(chunkDrainedSignal, from);
        return await cancelled;
      },
    });
    await expect(stage.runShard(2, { window: 1, eventsMax: 8_000 })).rejects.toThrow();
  });

  it('goes on with a chunk whose block is over while the one that probed is stopped by the budget', async () => {
    const account = 'a';
    const asked = [0, 0];
    let drawn = false;
    stage = await openStage({
      runShots: async ({ from }) => {
        const time = asked[from]!++;
        const block = { kind: 'block', block: 'noFunds', account } as const;
        if (time === 0) return { kind: 'stopped', reason: block, endsInMs: 300, saved: 0 };
        if (from === 1) {
          drawn = true;
          return { kind: 'done', saved: 1 };
        }
        const reason = { kind: 'budget', scope: 'batch', account } as const;
        if (!drawn) return { kind: 'stopped', reason, endsInMs: 300, saved: 0 };
        return { kind: 'done', saved: 1 };
      },
    });
    await stage.runShard(2, { window: 2, eventsMax: 8_000 });
    expect(asked[1]).toBe(2);
  });
});
