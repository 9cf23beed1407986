import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import { saveOutput } from '../../../src/activities/outputs/save-output.ts';
import type { JobOutput, JobRef, JobState } from '../../../src/providers/port.ts';
import { openStudio, type Studio } from '../studio.ts';

const oneShot = `batch: one
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox in the snow
    name: fox
`;

const polls = { method: 'GET', path: '/jobs/' };

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
    for (let refusals = 0; refusals < 9; refusals += 1)
      await ledger.submissions.refuseOutput(submission, 0, 0, 'again');
    simulator.settings.faults = [
      { kind: 'download-forbidden' },
      { kind: 'error-before', status: 503, match: { method: 'GET', path: '/jobs/' } },
    ];
    await runUntil(studio, input, () => (simulator.book.faults['error-before'] ?? 0) >= 1);
    const [after] = await Array.fromAsync(ledger.reports.shots('one'));
    expect(after?.outputs).toMatchObject([{ state: 'ready' }]);
  });

  it.each([
    ['the file server fails', [{ kind: 'download-error', status: 503 }]],
    ['no answer comes', [{ kind: 'download-reset' }]],
    ['it asks to wait', [{ kind: 'download-error', status: 429 }]],
    [
      'some page is in the way of everything',
      [{ kind: 'download-html' }, { kind: 'html-before', status: 200, match: polls }],
    ],
  ] as const)('loses nothing while %s, and saves it hours later', async (_, faults) => {
    studio = await openStudio({ faults: [{ kind: 'download-error' }] });
    const { simulator } = studio;
    const input = await studio.startRun(oneShot);
    await runUntil(studio, input, () => (simulator.book.faults['download-error'] ?? 0) >= 1);
    simulator.settings.faults = [...faults];
    const startedAt = studio.deps.now();
    for (let tries = 0; tries < 30; tries += 1) expect(await tryOnce(studio, input)).toBe(false);
    expect(studio.deps.now() - startedAt).toBeGreaterThan(2 * 3_600_000);
    simulator.settings.faults = [];
    expect(await tryOnce(studio, input)).toBe(true);
    expect(await studio.ledger.reports.shot('one', 'draw/fox')).toMatchObject({ state: 'done' });
    expect(simulator.book.accepted).toHaveLength(1);
  });

  it.each(['download-forbidden', 'download-html'] as const)(
    'gives a file up after an hour of %s by links that the vendor has just named',
    async (kind) => {
      studio = await openStudio({ faults: [{ kind }] });
      const { simulator } = studio;
      const input = await studio.startRun(oneShot);
      await runUntil(studio, input, () => (simulator.book.faults[kind] ?? 0) >= 2);
      const startedAt = studio.deps.now();
      const shot = async () => await studio?.ledger.reports.shot('one', 'draw/fox');
      while ((await shot())?.state === 'bound') await tryOnce(studio, input);
      expect(studio.deps.now() - startedAt).toBeGreaterThan(3_600_000);
      expect(await shot()).toMatchObject({ state: 'failed', outputs: [{ state: 'lost' }] });
    },
  );
});

const threeFiles = oneShot.replace('prompt:', 'outputs: 3\n    prompt:');
const empty: JobOutput = { remote: null, url: null, expiresAt: null };
type Named = readonly [JobOutput, JobOutput, JobOutput];

/**
 * Refuses all files of the job but its first so often, and names them as `change` says when they are asked
 * for again.
 */
function refuseAndName(
  of: Studio,
  refusals: number,
  change: (named: Named) => readonly JobOutput[],
): void {
  const { provider } = of.access;
  const check = provider.check.bind(provider);
  let isFirst = true;
  Object.assign(provider, {
    check: async (job: JobRef): Promise<JobState> => {
      const state = await check(job);
      if (state.state !== 'succeeded') return state;
      const named = state.outputs as Named;
      if (!isFirst) return { ...state, outputs: change(named) };
      isFirst = false;
      of.simulator.settings.faults = named.slice(1).map(({ url }) => ({
        kind: 'download-forbidden',
        match: { path: new URL(url ?? '').pathname },
        count: refusals,
      }));
      return state;
    },
  });
}

describe('files of one job that are asked for again', () => {
  it.each([
    ['in another order', (named) => named.toReversed()],
    ['with a null before them', (named) => [empty, ...named]],
    ['with one of them twice', (named) => [named[2], ...named]],
    ['with a further one before them', (named) => [{ ...named[0], remote: 'more' }, ...named]],
    ['without one that is here already', (named) => named.slice(1)],
    [
      'without ids, by fresh links in another order',
      (named) =>
        named.map(({ url }) => ({ ...empty, url: `${url}?fresh=${Math.random()}` })).toReversed(),
    ],
  ] as const satisfies readonly (readonly [string, (named: Named) => readonly JobOutput[]])[])(
    'are each saved once, named %s',
    async (_, change) => {
      studio = await openStudio();
      refuseAndName(studio, 1, change);
      const { results } = await studio.runStep(await studio.startRun(threeFiles), 'draw');
      expect(results).toMatchObject([{ kind: 'done', saved: 3 }]);
      const shot = await studio.ledger.reports.shot('one', 'draw/fox');
      const made = studio.simulator.book.accepted[0]?.outputs.map(({ sha256 }) => sha256);
      expect(shot?.outputs.map(({ sha256 }) => sha256)).toEqual(made);
      expect(new Set(made).size).toBe(3);
    },
  );

  it('are waited for while the vendor names others only, and no other is taken for one', async () => {
    studio = await openStudio();
    refuseAndName(studio, 100, ([first, , third]) => [third, first, third]);
    const input = await studio.startRun(threeFiles);
    const { reports } = studio.ledger;
    const gone = 'the vendor no longer has the file (its job names others only)';
    await runUntil(studio, input, async () => {
      const { outputs = [] } = (await reports.shot('one', 'draw/fox')) ?? {};
      return outputs[0]?.state === 'saved' && outputs[1]?.why === gone;
    });
    expect((await reports.shot('one', 'draw/fox'))?.outputs).toMatchObject([
      { state: 'saved' },
      { state: 'ready' },
      { state: 'ready' },
    ]);
  });

  it('are found by links that the vendor writes against its own origin', async () => {
    studio = await openStudio();
    const { provider } = studio.access;
    const check = provider.check.bind(provider);
    Object.assign(provider, {
      check: async (job: JobRef): Promise<JobState> => {
        const state = await check(job);
        if (state.state !== 'succeeded') return state;
        const outputs = state.outputs.map((each) => ({
          ...each,
          url: new URL(each.url ?? '').pathname,
        }));
        return { ...state, outputs };
      },
    });
    const { results } = await studio.runStep(await studio.startRun(threeFiles), 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 3 }]);
  });
});

/** When the only output is due next, and tries it. */
async function tryOnce(of: Studio, input: RunInput): Promise<boolean> {
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

async function runUntil(
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
  await expect(running).rejects.toThrow();
}
