import { afterEach, describe, expect, it } from 'vitest';
import { askForLost } from '../../../src/activities/outputs/lost-again.ts';
import type { RunInput } from '../../../src/activities/own-work.ts';
import type { RunShotsResult } from '../../../src/activities/range-runner.ts';
import type { RunSteps } from '../../../src/activities/runs.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import { openStudio, type Studio } from '../studio.ts';

const source = `batch: one
steps:
  draw: { model: 'photogpt:nanobanana', prompt: a fox in the snow, name: fox }
  again: { from: draw, model: 'photogpt:nanobanana', prompt: the same in blue }
`;
const absent: Fault = { kind: 'download-error', status: 404 };
const hour = 60 * 60_000;

let studio: Studio;
afterEach(() => studio.close());

const shotOf = () => studio.ledger.reports.shot('one', 'draw/fox');

/** A batch that is over, whose only file the vendor lost after it was paid. */
async function loseTheFile(): Promise<RunInput> {
  studio = await openStudio({ faults: [absent] });
  const { ledger, simulator } = studio;
  const input = await studio.startRun(source);
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const environment = studio.environmentOf();
  const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
  const running = environment.run(studio.activities.runShots, range);
  const isMade = async () => (await shotOf())?.submissionState === 'succeeded';
  await expect.poll(isMade, { timeout: 10_000, interval: 10 }).toBe(true);
  await ledger.submissions.loseOutput((await shotOf())?.submission ?? '', 0, 'answered 404');
  await expect(running).resolves.toMatchObject({ kind: 'done', saved: 0 });
  await ledger.batches.finishRun('one', 1, 'incomplete');
  simulator.settings.faults = [];
  studio.clock.aheadMs += 2 * hour;
  expect(await shotOf()).toMatchObject({ state: 'failed', submissionState: 'lost' });
  return input;
}

describe('a lost file', () => {
  it('is asked for at the start of a run, and nothing is paid for what is to be had', async () => {
    await loseTheFile();
    const { results } = await studio.runStep(await studio.startRun(source), 'draw');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(await shotOf()).toMatchObject({ state: 'done', submissionState: 'succeeded' });
    expect(studio.simulator.book.accepted).toHaveLength(1);
    expect(studio.lines).toContain('draw/fox: its lost file is here');
  });

  it('is paid for again when the vendor says no once more, and that once a run', async () => {
    await loseTheFile();
    studio.simulator.settings.faults = [{ ...absent, count: 1 }];
    const { results } = await studio.runStep(await studio.startRun(source), 'draw');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(studio.simulator.book.accepted).toHaveLength(2);
    expect(studio.simulator.book.faults['download-error']).toBeGreaterThan(1);
    expect(await shotOf()).toMatchObject({ state: 'done' });
  });

  it('is asked for again where the vendor could not be asked at first', async () => {
    await loseTheFile();
    const match = { method: 'GET', path: '/jobs/' };
    studio.simulator.settings.faults = [{ kind: 'error-before', status: 503, match, count: 1 }];
    const { results } = await studio.runStep(await studio.startRun(source), 'draw');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(studio.simulator.book.accepted).toHaveLength(1);
    expect(studio.simulator.book.faults['error-before']).toBe(1);
  });

  it('is collected when its batch is over', async () => {
    const input = await loseTheFile();
    const open = async (): Promise<RunSteps> =>
      await studio.environmentOf().run(studio.activities.openRun, input);
    const { orphaned = [] } = await open();
    expect(orphaned).toMatchObject([{ accountName: 'photogpt' }]);
    for (const { lane, account } of orphaned) {
      const range = { ...input, lane, account, from: 0, to: 0, reportAfterMs: null };
      const result: RunShotsResult = await studio
        .environmentOf()
        .run(studio.activities.runShots, range);
      expect(result).toEqual({ kind: 'done', saved: 1 });
    }
    expect(await shotOf()).toMatchObject({ state: 'done' });
    expect((await open()).orphaned).toEqual([]);
  });

  it('that comes damaged twice is kept and marked, and what reads it uses it', async () => {
    await loseTheFile();
    const short: Fault = { kind: 'download-short' };
    const submission = (await shotOf())?.submission ?? '';
    studio.simulator.settings.faults = [short];
    const output = await lost();
    const ask = async () => {
      const answers: unknown[] = [];
      await askForLost(studio.deps, studio.access, [output], (_, answer) => answers.push(answer));
      return answers;
    };
    const damage = expect.stringMatching(/^the file ends /);
    expect(await ask()).toEqual([{ kind: 'lost', why: damage }]);
    studio.clock.aheadMs += hour;
    expect(await ask()).toEqual([{ kind: 'saved', damage }]);
    expect(await shotOf()).toMatchObject({
      state: 'done',
      submission,
      outputs: [{ damaged: damage }],
    });
    const input = await studio.startRun(source);
    await studio.runStep(input, 'draw');
    studio.simulator.settings.faults = [];
    const { results } = await studio.runStep(input, 'again');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
  });
});

async function lost() {
  const [output] = await studio.ledger.submissions.lostOutputs({ batch: 'one' });
  if (!output) throw new Error('nothing is lost');
  return output;
}
