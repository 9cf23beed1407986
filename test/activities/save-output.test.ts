import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../src/activities/own-work.ts';
import { openStudio, type Studio } from './studio.ts';

const oneShot = `batch: one
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox in the snow
    name: fox
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('saveOutput', () => {
  it('saves a file whose link lives shorter than the wait between two tries', async () => {
    studio = await openStudio({
      urlMs: 300,
      faults: [{ kind: 'download-error', count: 2 }],
    });
    const input = await studio.startRun(oneShot);
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    // Two tries failed by themselves, the third had a stale link and took a fresh one at once.
    expect(studio.simulator.book.requests['GET /files/:id.jpg 403']).toBeLessThanOrEqual(2);
  });

  it('does not take a vendor that is down for one that has lost the file', async () => {
    studio = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    const { simulator, ledger } = studio;
    const input = await studio.startRun(oneShot);
    const struck = (): number => simulator.book.faults['download-forbidden'] ?? 0;
    await runUntil(studio, input, () => struck() >= 2);
    const [shot] = await Array.fromAsync(ledger.reports.shots('one'));
    const submission = shot?.submission ?? '';
    for (let tries = 0; tries < 9; tries += 1)
      await ledger.submissions.delayOutput(submission, 0, 0, 'again');
    simulator.settings.faults = [
      { kind: 'download-forbidden' },
      { kind: 'error-before', status: 503, match: { method: 'GET', path: '/jobs/' } },
    ];
    await runUntil(studio, input, () => (simulator.book.faults['error-before'] ?? 0) >= 1);
    const [after] = await Array.fromAsync(ledger.reports.shots('one'));
    expect(after?.outputs).toMatchObject([{ state: 'ready' }]);
  });
});

async function runUntil(studio: Studio, input: RunInput, reached: () => boolean): Promise<void> {
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
  const environment = studio.environmentOf();
  const running = environment.run(studio.activities.runShots, range);
  await expect.poll(reached, { timeout: 10_000, interval: 10 }).toBe(true);
  environment.cancel('WORKER_SHUTDOWN');
  await expect(running).rejects.toThrow();
}
