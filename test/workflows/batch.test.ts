import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/index.ts';
import type { RunShotsResult } from '../../src/activities/range-runner.ts';
import type { AwaitModelInput } from '../../src/activities/training/await-model.ts';
import type { RunShotsInput } from '../../src/activities/run-shots.ts';
import type { PlanStepInput } from '../../src/activities/plan-step.ts';
import type { FinishInput } from '../../src/activities/runs.ts';
import {
  cancelUpdate,
  joinedSignal,
  shotsOpenedSignal,
  progressQuery,
  wakeUpdate,
} from '../../src/workflows/messages.ts';
import { openStage, positions, type Stage } from './stage.ts';

let stage: Stage | undefined;
const histories = join(import.meta.dirname, '../replay/histories');

afterEach(async ({ task }) => {
  // After a change that running batches must survive, keep the old files and record new ones.
  if (process.env['RECORD_HISTORIES'])
    await stage?.record(histories, task.name.replace(/[^a-z]+/g, '-'));
  await stage?.close();
  stage = undefined;
});

/** Plans `shots` shots for the first planning pass of each step, and none later. */
function planOnce(shots: number): Activities['planStep'] {
  return async ({ step, pass }: PlanStepInput) => ({
    lanes: pass === 1 && stage ? [stage.lane(shots, step)] : [],
    trainings: [],
    uploads: [],
  });
}

describe('batchWorkflow', () => {
  it('gives each shot of a small batch its own activity and ends', async () => {
    stage = await openStage({ planStep: planOnce(3) });
    const handle = await stage.start();
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
    const ranges = stage.callsOf<RunShotsInput>('runShots').map(({ from, to }) => [from, to]);
    expect(ranges.toSorted()).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('covers a lane of several shards, every position once', async () => {
    stage = await openStage({ planStep: planOnce(20_050) });
    const handle = await stage.start();
    await handle.result();
    const inputs = stage.callsOf<RunShotsInput>('runShots');
    expect(inputs).toHaveLength(201);
    expect(positions(inputs)).toEqual(Array.from({ length: 20_050 }, (_, index) => index));
  });

  it('goes on at once when a stopped batch is resumed', async () => {
    let open = false;
    const paused: RunShotsResult = {
      kind: 'stopped',
      reason: { kind: 'paused' },
      endsInMs: null,
      saved: 0,
    };
    stage = await openStage({
      planStep: planOnce(3),
      runShots: async () => (open ? { kind: 'done', saved: 1 } : paused),
    });
    const handle = await stage.start();
    await handle.executeUpdate(wakeUpdate, { args: [{ reopened: false }] });
    const progress = await handle.query(progressQuery);
    expect(progress.steps).toEqual([{ step: 'draw', pass: 1, ended: false }]);
    open = true;
    await handle.executeUpdate(wakeUpdate, { args: [{ reopened: false }] });
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('goes the same way in a replay when it is woken after a shard has ended', async () => {
    let isStopped = true;
    // Without a cache each task is a replay, and the one of the update begins with the end of the shard.
    stage = await openStage(
      {
        openRun: async () => ({
          steps: [
            { name: 'draw', from: [] },
            { name: 'more', from: [] },
          ],
        }),
        planStep: planOnce(1),
        runShots: async ({ lane }) =>
          isStopped && lane === 'draw-lane'
            ? { kind: 'stopped', reason: { kind: 'paused' }, endsInMs: null, saved: 0 }
            : { kind: 'done', saved: 0 },
      },
      { maxCachedWorkflows: 0 },
    );
    const handle = await stage.start();
    const shards = async () => (await handle.query(progressQuery)).openShards;
    await expect.poll(shards).toBe(1);
    for (const reopened of [true, false])
      await handle.executeUpdate(wakeUpdate, { args: [{ reopened }] });
    isStopped = false;
    await handle.executeUpdate(wakeUpdate, { args: [{ reopened: false }] });
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('looks again as soon as a block that ends by itself is over', async () => {
    let calls = 0;
    stage = await openStage({
      planStep: planOnce(1),
      runShots: async () =>
        calls++ === 0
          ? {
              kind: 'stopped',
              reason: { kind: 'block', block: 'unreachable', account: 'a' },
              endsInMs: 200,
              saved: 0,
            }
          : { kind: 'done', saved: 1 },
    });
    const handle = await stage.start();
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
    expect(calls).toBe(2);
  });

  it('goes on at once when somebody runs it again', async () => {
    let fixed = false;
    const blocked: RunShotsResult = {
      kind: 'stopped',
      reason: { kind: 'block', block: 'noFunds', account: 'a' },
      endsInMs: 900_000,
      saved: 0,
    };
    stage = await openStage({
      planStep: planOnce(3),
      runShots: async () => (fixed ? { kind: 'done', saved: 1 } : blocked),
    });
    const handle = await stage.start();
    await expect.poll(() => stage?.callsOf('runShots').length, { timeout: 10_000 }).toBe(3);
    fixed = true;
    await handle.signal(joinedSignal);
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('plans a step that reads another again until its source has ended', async () => {
    const planned: string[] = [];
    stage = await openStage({
      openRun: async () => ({
        steps: [
          { name: 'draw', from: [] },
          { name: 'larger', from: ['draw'] },
        ],
      }),
      planStep: async ({ step, pass }) => {
        const drawn = stage?.callsOf('runShots').length ?? 0;
        planned.push(`${step} ${drawn > 0 ? 'after' : 'before'}`);
        const lanes = step === 'draw' && pass === 1 ? [stage!.lane(1)] : [];
        return { lanes, trainings: [], uploads: [] };
      },
      runShots: async () => ({ kind: 'done', saved: 1 }),
    });
    const handle = await stage.start();
    await handle.result();
    expect(planned).toContain('larger after');
  });

  it('plans its steps again when an answer came late, while a chunk waits for a person', async () => {
    let late = false;
    const passes: number[] = [];
    stage = await openStage({
      planStep: async ({ pass }) => {
        passes.push(pass);
        return { lanes: pass === 1 ? [stage!.lane(1)] : [], trainings: [], uploads: [] };
      },
      runShots: async () =>
        late
          ? { kind: 'done', saved: 0 }
          : { kind: 'stopped', reason: { kind: 'paused' }, endsInMs: null, saved: 0 },
    });
    const handle = await stage.start();
    await expect.poll(() => stage?.callsOf('runShots').length, { timeout: 10_000 }).toBe(1);
    late = true;
    await handle.signal(shotsOpenedSignal);
    await handle.result();
    expect(passes).toContain(2);
  });

  it('plans a step that has ended again when its shots are opened, while another waits for a person', async () => {
    let isStopped = true;
    stage = await openStage({
      openRun: async () => ({
        steps: [
          { name: 'draw', from: [] },
          { name: 'more', from: [] },
        ],
      }),
      planStep: async ({ step, pass }) => ({
        lanes: pass === 1 || (step === 'more' && pass === 2) ? [stage!.lane(1, step)] : [],
        trainings: [],
        uploads: [],
      }),
      runShots: async ({ lane }) =>
        isStopped && lane === 'draw-lane'
          ? { kind: 'stopped', reason: { kind: 'paused' }, endsInMs: null, saved: 0 }
          : { kind: 'done', saved: 1 },
    });
    const handle = await stage.start();
    const ofMore = () =>
      stage?.callsOf<RunShotsInput>('runShots').filter(({ lane }) => lane === 'more-lane').length;
    await expect
      .poll(async () => (await handle.query(progressQuery)).steps)
      .toContainEqual({ step: 'more', pass: 1, ended: true });
    await handle.signal(shotsOpenedSignal);
    await expect.poll(ofMore).toBe(2);
    isStopped = false;
    await handle.signal(joinedSignal);
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('plans a step that reads another only after that one, whose shots of this run it reads', async () => {
    const planned: string[] = [];
    stage = await openStage({
      openRun: async () => ({
        steps: [
          { name: 'larger', from: ['draw'] },
          { name: 'draw', from: [] },
        ],
      }),
      planStep: async ({ step }) => {
        if (step === 'draw') await wait(200);
        planned.push(step);
        return { lanes: [], trainings: [], uploads: [] };
      },
    });
    const handle = await stage.start();
    await handle.result();
    expect(planned[0]).toBe('draw');
  });

  it('waits for a model that is given by its id before the shots of its step', async () => {
    let looks = 0;
    stage = await openStage({
      planStep: async ({ step, pass }) => {
        const { account, lane } = stage!;
        const model = { account, accountName: account, id: 'm-1', lane: 'draw-lane' };
        const models = pass === 1 ? [model] : [];
        return { lanes: [lane(1, step)], trainings: [], models, uploads: [] };
      },
      awaitModel: async () =>
        ++looks < 3 ? { kind: 'again', inMs: 0, reported: 'training' } : { kind: 'ready' },
      runShots: async () => {
        expect(looks).toBe(3);
        return { kind: 'done', saved: 0 };
      },
    });
    const handle = await stage.start();
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
    const asked = stage.callsOf<AwaitModelInput>('awaitModel');
    expect(asked.map(({ reported }) => reported)).toEqual([undefined, 'training', 'training']);
    expect(new Set(asked.map(({ sinceMs }) => sinceMs)).size).toBe(1);
  });

  it('trains before the shots of the step that needs it, and only there', async () => {
    let trained = false;
    stage = await openStage({
      openRun: async () => ({
        steps: [
          { name: 'portraits', from: [] },
          { name: 'plain', from: [] },
        ],
      }),
      planStep: async ({ step }) => {
        const { account, lane } = stage!;
        const training = { account, accountName: account, fingerprint: 'f', name: 'Anna' };
        const needed = step === 'portraits' ? [training] : [];
        return { lanes: [lane(1, step)], trainings: needed, uploads: [] };
      },
      trainModel: async () => {
        while (!stage!.callsOf<RunShotsInput>('runShots').length)
          await new Promise((resolve) => setTimeout(resolve, 20));
        trained = true;
        return { kind: 'ready' };
      },
      runShots: async ({ lane }) => {
        expect(lane === 'portraits-lane' ? trained : true).toBe(true);
        return { kind: 'done', saved: 0 };
      },
    });
    const handle = await stage.start();
    await handle.result();
    const lanes = stage.callsOf<RunShotsInput>('runShots').map(({ lane }) => lane);
    expect(lanes).toEqual(['plain-lane', 'portraits-lane']);
  });

  it('does not sleep on for a training that a vendor holds off once it is cancelled', async () => {
    let cancelled = false;
    stage = await openStage({
      planStep: async () => {
        const { account } = stage!;
        const training = { account, accountName: account, fingerprint: 'f', name: 'Anna' };
        return { lanes: [], trainings: [training], uploads: [] };
      },
      trainModel: async () =>
        cancelled ? { kind: 'stopped' } : { kind: 'again', inMs: 3_600_000 },
    });
    const handle = await stage.start();
    await expect.poll(() => stage?.callsOf('trainModel').length, { timeout: 10_000 }).toBe(1);
    cancelled = true;
    await handle.executeUpdate(cancelUpdate, { args: [{ abandon: false }] });
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('collects orphaned work, beside its steps and before it ends', async () => {
    const shots = { total: 0, done: 0, failed: 0, parked: 0, waiting: 0 };
    const orphaned = () => [{ lane: '', account: 'acme', accountName: stage?.account ?? '' }];
    stage = await openStage({
      openRun: async () => ({ steps: [{ name: 'draw', from: [] }], orphaned: orphaned() }),
      planStep: planOnce(1),
      finishRun: async ({ final }) => ({
        outcome: 'complete',
        shots,
        ...(final ? {} : { orphaned: orphaned() }),
      }),
    });
    const handle = await stage.start();
    expect(await handle.result()).toEqual({ outcome: 'complete', shots });
    const collected = stage.callsOf<RunShotsInput>('runShots').filter(({ lane }) => lane === '');
    expect(collected).toMatchObject([
      { account: 'acme', from: 0, to: 0 },
      { account: 'acme', from: 0, to: 0 },
    ]);
    expect(stage.callsOf<FinishInput>('finishRun').map(({ final }) => final)).toEqual([
      false,
      true,
    ]);
  });

  it('collects what is found to be lost while a step waits for a person', async () => {
    let isStopped = true;
    let opened = 0;
    stage = await openStage({
      openRun: async () => ({
        steps: [{ name: 'draw', from: [] }],
        orphaned:
          opened++ === 1 ? [{ lane: '', account: 'acme', accountName: stage?.account ?? '' }] : [],
      }),
      planStep: planOnce(1),
      runShots: async ({ lane }) =>
        isStopped && lane !== ''
          ? { kind: 'stopped', saved: 0, reason: { kind: 'paused' }, endsInMs: null }
          : { kind: 'done', saved: 0 },
    });
    const handle = await stage.start();
    const ofLanes = () => stage?.callsOf<RunShotsInput>('runShots').map(({ lane }) => lane);
    await expect.poll(ofLanes).toEqual(['draw-lane']);
    await handle.signal(joinedSignal);
    await expect.poll(() => ofLanes()?.toSorted()).toEqual(['', 'draw-lane', 'draw-lane']);
    isStopped = false;
    await handle.signal(joinedSignal);
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('runs its steps again when a shot was opened while it ended', async () => {
    const shots = { total: 1, done: 0, failed: 0, parked: 0, waiting: 1 };
    stage = await openStage({
      planStep: async ({ step, pass }) => ({
        lanes: pass <= 2 && stage ? [stage.lane(1, step)] : [],
        trainings: [],
        uploads: [],
      }),
      finishRun: async () =>
        (stage?.callsOf('runShots').length ?? 0) < 2
          ? { outcome: 'waiting', shots, isOpen: true }
          : { outcome: 'complete', shots },
    });
    const handle = await stage.start();
    expect(await handle.result()).toEqual({ outcome: 'complete', shots });
    expect(stage.callsOf('runShots')).toHaveLength(2);
  });

  it('answers a wake only when the end that is under way has come or was put off', async () => {
    const closing = Promise.withResolvers<void>();
    let isClosed = false;
    stage = await openStage({
      finishRun: async () => {
        await closing.promise;
        isClosed = true;
        return {
          outcome: 'complete',
          shots: { total: 0, done: 0, failed: 0, parked: 0, waiting: 0 },
        };
      },
    });
    const handle = await stage.start();
    await expect.poll(() => stage?.callsOf('finishRun').length, { timeout: 10_000 }).toBe(1);
    const woken = handle
      .executeUpdate(wakeUpdate, { args: [{ reopened: true }] })
      .then(() => isClosed);
    await expect
      .poll(async () => {
        const { events } = await handle.fetchHistory();
        return events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
      })
      .toBe(true);
    closing.resolve();
    expect(await woken).toBe(true);
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });

  it('does not wait for its shots when it is abandoned', async () => {
    const paused: RunShotsResult = {
      kind: 'stopped',
      reason: { kind: 'paused' },
      endsInMs: null,
      saved: 0,
    };
    stage = await openStage({ planStep: planOnce(2), runShots: async () => paused });
    const handle = await stage.start();
    await handle.executeUpdate(cancelUpdate, { args: [{ abandon: true }] });
    await handle.result();
    expect(stage.callsOf('finishRun')).toHaveLength(1);
  });

  it('says so in the ledger when it is cancelled in Temporal', async () => {
    const paused = {
      kind: 'stopped',
      reason: { kind: 'paused' },
      endsInMs: null,
      saved: 0,
    } as const;
    stage = await openStage({ planStep: planOnce(1), runShots: async () => paused });
    const handle = await stage.start();
    await expect.poll(() => stage?.callsOf('runShots').length).toBe(1);
    await handle.cancel();
    await handle.result();
    expect(stage.callsOf<FinishInput>('finishRun')).toMatchObject([{ cancelled: true }]);
  });

  it('drains and ends when it is cancelled', async () => {
    let cancelled = false;
    stage = await openStage({
      planStep: planOnce(4),
      runShots: async () => ({
        kind: 'stopped',
        saved: 0,
        reason: { kind: cancelled ? 'cancelled' : 'paused' },
        endsInMs: null,
      }),
    });
    const handle = await stage.start();
    cancelled = true;
    await handle.executeUpdate(cancelUpdate, { args: [{ abandon: false }] });
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
  });
});
