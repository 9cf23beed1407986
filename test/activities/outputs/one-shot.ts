import { expect } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import { saveOutput } from '../../../src/activities/outputs/save-output.ts';
import type { Studio } from '../studio.ts';

export const oneShot = `batch: one
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox in the snow
    name: fox
`;

export const minute = 60_000;

export const shotOf = async (of: Studio) => await of.ledger.reports.shot('one', 'draw/fox');

/** Starts the only shot and tries its file once or twice, with what is wrong at the time. */
export async function startAmid(of: Studio): Promise<RunInput> {
  const input = await of.startRun(oneShot);
  const struck = (): number => Object.values(of.simulator.book.faults).reduce((a, b) => a + b, 0);
  await runUntil(of, input, () => struck() >= 1);
  return input;
}

/** When the only output is due next, and tries it. */
export async function tryOnce(of: Studio, input: RunInput): Promise<boolean> {
  const [{ lane, account } = { lane: '', account: '' }] = await of.lanesOf(input, 'draw');
  const range = { ...input, lane, account, from: 0, to: 1 };
  const options = { leaseMs: 20_000, limit: 1, settleMs: 1_000 };
  for (;;) {
    const { downloads, nextInMs } = await of.ledger.submissions.due(range, options);
    const [output] = downloads;
    if (output) return await saveOutput(of.deps, of.access, output);
    if (nextInMs === null) throw new Error('there is nothing to fetch any more');
    of.clock.aheadMs += nextInMs;
  }
}

/** Runs the only range until `reached`, and lets its worker die. */
export async function runUntil(
  studio: Studio,
  input: RunInput,
  reached: () => boolean | Promise<boolean>,
): Promise<void> {
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
  const environment = studio.environmentOf();
  const running = environment.run(studio.activities.runShots, range);
  await expect.poll(reached, { timeout: 10_000, interval: 10 }).toBe(true);
  environment.cancel('WORKER_SHUTDOWN');
  // It may have come to its end in the same moment.
  await running.catch(() => undefined);
}
