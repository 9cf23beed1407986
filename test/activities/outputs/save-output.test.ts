import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import { saveOutput } from '../../../src/activities/outputs/save-output.ts';
import type { JobOutput, JobRef, JobState } from '../../../src/providers/port.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import { serve } from '../../http/server.ts';
import { openStudio, type Studio } from '../studio.ts';

const oneShot = `batch: one
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox in the snow
    name: fox
`;

const minute = 60_000;
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

const shotOf = async (of: Studio) => await of.ledger.reports.shot('one', 'draw/fox');

/** Starts the only shot and tries its file once or twice, with what is wrong at the time. */
async function startAmid(faults: readonly Fault[]): Promise<{ of: Studio; input: RunInput }> {
  const of = await openStudio({ faults: [...faults] });
  studio = of;
  const input = await of.startRun(oneShot);
  const struck = (): number => Object.values(of.simulator.book.faults).reduce((a, b) => a + b, 0);
  await runUntil(of, input, () => struck() >= 1);
  return { of, input };
}

describe('a file that is refused', () => {
  it.each([403, 404, 410])('with %d for half an hour is saved when it is there', async (status) => {
    const { of, input } = await startAmid([{ kind: 'download-error', status }]);
    const startedAt = of.deps.now();
    while (of.deps.now() - startedAt < 30 * minute) await tryOnce(of, input);
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
    of.simulator.settings.faults = [];
    expect(await tryOnce(of, input)).toBe(true);
  });

  it('is lost sooner where the vendor itself says so again and again, but not within ten minutes', async () => {
    const gone = { kind: 'not-found', match: polls } as const;
    const { of, input } = await startAmid([{ kind: 'download-forbidden' }]);
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
    const { of, input } = await startAmid([{ kind: 'download-forbidden' }]);
    for (let nights = 0; nights < 3; nights += 1) {
      of.clock.aheadMs += 8 * 60 * minute;
      await tryOnce(of, input);
    }
    expect(await shotOf(of)).toMatchObject({ state: 'bound', outputs: [{ state: 'ready' }] });
  });
});

describe('a damaged file', () => {
  it('is kept and marked when the same bytes come again', async () => {
    const { of, input } = await startAmid([{ kind: 'download-short' }]);
    for (let tries = 0; (await shotOf(of))?.state === 'bound'; tries += 1) {
      expect(tries).toBeLessThan(8);
      await tryOnce(of, input);
    }
    const damaged = 'the file ends within a segment';
    expect(await shotOf(of)).toMatchObject({
      state: 'done',
      outputs: [{ state: 'saved', mime: 'image/jpeg', damaged }],
    });
    const notes = await of.ledger.reports.fileNotes('one');
    expect(notes).toMatchObject([{ key: 'draw/fox', state: 'damaged', why: damaged }]);
    expect(of.lines.join()).toContain(`is kept although it is damaged: ${damaged}`);
  });

  it('is not kept where the whole one comes within seconds', async () => {
    const of = await openStudio({ faults: [{ kind: 'download-short', count: 3 }] });
    studio = of;
    await of.runStep(await of.startRun(oneShot), 'draw');
    expect(of.simulator.book.faults['download-short']).toBe(3);
    expect(await shotOf(of)).toMatchObject({ state: 'done', outputs: [{ damaged: null }] });
  });
});

/** Lets the vendor name one address for the file, which answers so. */
async function serveTheFile(of: Studio, answer: (response: ServerResponse) => void): Promise<void> {
  const { url } = await serve((_, response) => answer(response));
  const { provider } = of.access;
  const check = provider.check.bind(provider);
  Object.assign(provider, {
    check: async (job: JobRef): Promise<JobState> => {
      const state = await check(job);
      if (state.state !== 'succeeded') return state;
      return { ...state, outputs: [{ remote: null, url: `${url}/file`, expiresAt: null }] };
    },
  });
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>';

describe('what a file server may do', () => {
  const tryUntilSaved = async (of: Studio, input: RunInput): Promise<void> => {
    for (let tries = 0; (await shotOf(of))?.state === 'bound'; tries += 1) {
      expect(tries).toBeLessThan(30);
      await tryOnce(of, input);
    }
  };
  const run = async (answer: (response: ServerResponse) => void): Promise<Studio> => {
    const of = await openStudio();
    studio = of;
    await serveTheFile(of, answer);
    const input = await of.startRun(oneShot);
    await runUntil(of, input, async () => (await shotOf(of))?.submissionState === 'succeeded');
    await tryUntilSaved(of, input);
    return of;
  };
  const bytesOf = async (of: Studio): Promise<string> =>
    Buffer.from(await of.blobs.get((await shotOf(of))?.outputs[0]?.sha256 ?? '')).toString(
      'latin1',
    );

  it('compresses a drawing although nobody asks for it', async () => {
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(svg)),
    );
    expect(await shotOf(of)).toMatchObject({ outputs: [{ mime: 'image/svg+xml', damaged: null }] });
    expect(await bytesOf(of)).toBe(svg);
  });

  it('says of a file that it is compressed in a way that it is not', async () => {
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'br' }).end(`GIF89a${svg}`),
    );
    expect(await bytesOf(of)).toBe(`GIF89a${svg}`);
  });

  it('has a file in a compression that breaks off: it is kept as it is, and marked', async () => {
    const half = gzipSync(randomBytes(5_000)).subarray(0, 4_000);
    const of = await run((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(half),
    );
    expect(await shotOf(of)).toMatchObject({
      outputs: [
        {
          mime: 'application/octet-stream',
          bytes: 4_000,
          damaged: 'it is of no kind that is known here',
        },
      ],
    });
  });

  it('never tells where a damaged file ends: then it is kept after an hour of tries', async () => {
    const startedAt = Date.now();
    const of = await run((response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { connection: 'close' });
      response.end(svg.slice(0, 50));
    });
    expect(of.deps.now() - startedAt).toBeGreaterThan(60 * minute);
    expect(await shotOf(of)).toMatchObject({
      outputs: [{ damaged: 'the file ends before the end tag of its root element' }],
    });
  });
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
