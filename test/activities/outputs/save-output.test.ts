import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from '../studio.ts';
import { minute, oneShot, runUntil, shotOf, startAmid, tryOnce } from './one-shot.ts';

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

  it('waits while the blob store cannot be written, and loses nothing', async () => {
    studio = await openStudio();
    const { home, ledger, simulator } = studio;
    const input = await studio.startRun(oneShot);
    const { lanes } = await studio.planOf(input, 'draw', 1);
    renameSync(join(home, 'blobs'), join(home, 'away'));
    writeFileSync(join(home, 'blobs'), 'a file, where the folder belongs');
    const { environmentOf, activities } = studio;
    const running = environmentOf().run(activities.runShots, {
      ...{ ...input, lane: lanes[0]?.lane ?? '', account: lanes[0]?.account ?? '' },
      ...{ from: 0, to: 1, reportAfterMs: null },
    });
    const outputs = async () => (await Array.fromAsync(ledger.reports.shots('one')))[0]?.outputs;
    await expect
      .poll(outputs, { timeout: 30_000 })
      .toMatchObject([{ state: 'ready', why: expect.stringMatching(/ENOTDIR|EEXIST/) }]);
    rmSync(join(home, 'blobs'));
    renameSync(join(home, 'away'), join(home, 'blobs'));
    expect(await running).toEqual({ kind: 'done', saved: 1 });
    expect(await outputs()).toMatchObject([{ state: 'saved' }]);
    expect(simulator.book.accepted).toHaveLength(1);
  });

  it('does not take a vendor that is down for one that has lost the file', async () => {
    studio = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    const { simulator, ledger } = studio;
    const input = await studio.startRun(oneShot);
    const struck = (): number => simulator.book.faults['download-forbidden'] ?? 0;
    await runUntil(studio, input, () => struck() >= 2);
    const [shot] = await Array.fromAsync(ledger.reports.shots('one'));
    const submission = shot?.submission ?? '';
    const again = { inMs: 0, why: 'again', isGone: true };
    for (let refusals = 0; refusals < 9; refusals += 1)
      await ledger.submissions.refuseOutput(submission, 0, again);
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

describe('a file that is refused', () => {
  it.each([403, 404, 410])('with %d for half an hour is saved when it is there', async (status) => {
    const of = await openStudio({ faults: [{ kind: 'download-error', status }] });
    studio = of;
    const input = await startAmid(of);
    const startedAt = of.deps.now();
    while (of.deps.now() - startedAt < 30 * minute) await tryOnce(of, input);
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
    of.simulator.settings.faults = [];
    expect(await tryOnce(of, input)).toBe(true);
  });

  it('is not lost by one refusal when it is fetched again, though it was refused for long before', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    studio = of;
    const input = await startAmid(of);
    const startedAt = of.deps.now();
    while (of.deps.now() - startedAt < 50 * minute) await tryOnce(of, input);
    of.simulator.settings.faults = [];
    expect(await tryOnce(of, input)).toBe(true);
    const { submission, outputs } = (await shotOf(of)) ?? {};
    const lost = { sha256: outputs?.[0]?.sha256 ?? '', why: 'its blob is missing' };
    of.clock.aheadMs += 30 * 24 * 60 * minute;
    expect(await of.ledger.submissions.fetchAgain(submission ?? '', 0, lost)).toBe(true);
    of.simulator.settings.faults = [{ kind: 'download-forbidden' }];
    expect(await tryOnce(of, input)).toBe(false);
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
  });

  it('is lost sooner where the vendor itself says so again and again, but not within ten minutes', async () => {
    const gone = { kind: 'not-found', match: polls } as const;
    const of = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    studio = of;
    const input = await startAmid(of);
    of.simulator.settings.faults = [{ kind: 'download-forbidden' }, gone];
    const startedAt = of.deps.now();
    while ((await shotOf(of))?.state === 'bound') await tryOnce(of, input);
    expect(of.deps.now() - startedAt).toBeGreaterThan(10 * minute);
    expect(of.deps.now() - startedAt).toBeLessThan(40 * minute);
    expect(await shotOf(of)).toMatchObject({
      why: 'the vendor no longer has the file (its job is missing)',
    });
  });

  it('is not lost by a machine that slept between a few refusals', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    studio = of;
    const input = await startAmid(of);
    for (let nights = 0; nights < 3; nights += 1) {
      of.clock.aheadMs += 8 * 60 * minute;
      await tryOnce(of, input);
    }
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
  });

  it('is not lost by a machine that slept between a few answers that the vendor has it no more', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-forbidden' }] });
    studio = of;
    const input = await startAmid(of);
    const gone = { kind: 'not-found', match: polls } as const;
    of.simulator.settings.faults = [{ kind: 'download-forbidden' }, gone];
    for (const sleepMs of [0, 0, 8 * 60 * minute, 0, 0]) {
      of.clock.aheadMs += sleepMs;
      await tryOnce(of, input);
    }
    expect(of.simulator.book.faults['not-found']).toBeGreaterThanOrEqual(4);
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
  });
});
