import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../src/activities/own-work.ts';
import type { RunShotsResult } from '../../src/activities/range-runner.ts';
import type { BatchOutcome, RunSteps } from '../../src/activities/runs.ts';
import { openStudio, type Studio } from './studio.ts';

const batchOf = (what: string): string => `batch: one
steps:
  draw:
    rows: [{ what: ${what} }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
    name: image
`;
const day = 86_400_000;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

/** Days that pass for the vendor, the ledger and the activities alike. */
function pastDays() {
  let aheadMs = 0;
  return {
    vendor: { now: () => Date.now() + aheadMs },
    pass: (of: Studio, count: number) => {
      aheadMs += count * day;
      of.clock.aheadMs = aheadMs;
    },
  };
}

/** Runs the step's only range until `reached`, and lets its worker die. */
async function runUntil(of: Studio, input: RunInput, reached: () => boolean): Promise<void> {
  const [{ lane, account } = { lane: '', account: '' }] = await of.lanesOf(input, 'draw');
  const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
  const environment = of.environmentOf();
  const running = environment.run(of.activities.runShots, range);
  await expect.poll(reached, { timeout: 10_000, interval: 10 }).toBe(true);
  environment.cancel('WORKER_SHUTDOWN');
  await expect(running).rejects.toThrow();
}

/** Collects what the run's start finds in no lane, as the workflow does. */
async function collect(of: Studio, input: RunInput): Promise<number> {
  const opened: RunSteps = await of.environmentOf().run(of.activities.openRun, input);
  let saved = 0;
  for (const { lane, account } of opened.orphaned ?? []) {
    const range = { ...input, lane, account, from: 0, to: 0, reportAfterMs: null };
    const result: RunShotsResult = await of.environmentOf().run(of.activities.runShots, range);
    expect(result.kind).toBe('done');
    saved += result.saved;
  }
  return saved;
}

const shotOf = async (of: Studio) => await of.ledger.reports.shot('one', 'draw/image');

describe('what was paid for', () => {
  it('is collected days later, by a fresh link, when all was down as the job ended', async () => {
    const days = pastDays();
    studio = await openStudio({ jobMs: 300, urlMs: 60_000, clock: days.vendor });
    const { simulator } = studio;
    const input = await studio.startRun(batchOf('fox'));
    await runUntil(studio, input, () => simulator.book.accepted.length === 1);
    days.pass(studio, 5);
    const { results } = await studio.runStep(input, 'draw', 2);
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(await shotOf(studio)).toMatchObject({ state: 'done' });
    expect(simulator.book.accepted).toHaveLength(1);
  });

  it('is collected after its batch was cancelled and closed', async () => {
    const days = pastDays();
    studio = await openStudio({ jobMs: 200, clock: days.vendor });
    const { simulator, ledger } = studio;
    const input = await studio.startRun(batchOf('fox'));
    await runUntil(studio, input, () => simulator.book.accepted.length === 1);
    await ledger.batches.setState('one', 'cancelled', ['running']);
    const closed = { ...input, final: true };
    expect(await studio.environmentOf().run(studio.activities.finishRun, closed)).toMatchObject({
      outcome: 'cancelled',
      shots: { waiting: 1 },
    });
    days.pass(studio, 1);
    expect((await studio.runStep(input, 'draw', 2)).results).toEqual([{ kind: 'done', saved: 1 }]);
    expect(await shotOf(studio)).toMatchObject({ state: 'done' });
  });

  it('is collected when its shot has changed, and keeps the run open until then', async () => {
    studio = await openStudio({ jobMs: 400 });
    const { simulator, ledger } = studio;
    await runUntil(
      studio,
      await studio.startRun(batchOf('fox')),
      () => simulator.book.accepted.length === 1,
    );
    const input = await studio.startRun(batchOf('hen'));
    await studio.planOf(input, 'draw', 1);
    const before: BatchOutcome = await studio
      .environmentOf()
      .run(studio.activities.finishRun, input);
    expect(before.orphaned).toMatchObject([{ accountName: 'photogpt' }]);
    expect(await ledger.batches.get('one')).toMatchObject({ endedAt: null });
    expect(await collect(studio, input)).toBe(1);
    const kept = await Array.fromAsync(ledger.reports.unshown('one'));
    expect(kept).toMatchObject([{ key: 'draw/image', request: { prompt: 'a fox in the snow' } }]);
    expect(await studio.blobs.has(kept[0]?.outputs[0]?.sha256 ?? '')).toBe(true);
    const after: BatchOutcome = await studio
      .environmentOf()
      .run(studio.activities.finishRun, input);
    expect(after.orphaned).toBeUndefined();
    // The hen is open still: whoever opened it while the run ended gets it.
    expect(after.isOpen).toBe(true);
    expect(await ledger.batches.get('one')).toMatchObject({ state: 'running', endedAt: null });
    const last = { ...input, final: true };
    await studio.environmentOf().run(studio.activities.finishRun, last);
    expect(await ledger.batches.get('one')).toMatchObject({ state: 'finished' });
  });

  it('keeps the run open whose shot got its job when every lane had ended', async () => {
    studio = await openStudio({ jobMs: 60_000 });
    const { simulator } = studio;
    const input = await studio.startRun(batchOf('fox'));
    await runUntil(studio, input, () => simulator.book.accepted.length === 1);
    const end: BatchOutcome = await studio.environmentOf().run(studio.activities.finishRun, input);
    expect(end).toMatchObject({ outcome: 'waiting', isOpen: true });
    expect(await studio.ledger.batches.get('one')).toMatchObject({ endedAt: null });
  });

  it('is known to be cancelled in the ledger, where only Temporal was told', async () => {
    studio = await openStudio();
    const input = await studio.startRun(batchOf('fox'));
    await studio.planOf(input, 'draw', 1);
    const cancelled = { ...input, final: true, cancelled: true };
    const end: BatchOutcome = await studio
      .environmentOf()
      .run(studio.activities.finishRun, cancelled);
    expect(end.outcome).toBe('cancelled');
    expect(await studio.ledger.batches.get('one')).toMatchObject({ state: 'cancelled' });
    // The end of that run comes once more, late, and says nothing of the next one.
    await studio.startRun(batchOf('fox'));
    await studio.environmentOf().run(studio.activities.finishRun, cancelled);
    expect(await studio.ledger.batches.get('one')).toMatchObject({ state: 'running' });
  });

  it('is collected when its job, given up as endless, has ended after all', async () => {
    studio = await openStudio({ jobMs: 1_500, jitter: 0 }, { imageJobMs: 300 });
    const input = await studio.startRun(batchOf('fox'));
    await studio.runStep(input, 'draw');
    expect(await shotOf(studio)).toMatchObject({ state: 'parked', submissionState: 'stalled' });
    const of = studio;
    await expect
      .poll(async () => await collect(of, input), { timeout: 10_000, interval: 200 })
      .toBe(1);
    expect(await shotOf(studio)).toMatchObject({ state: 'done' });
    expect(studio.simulator.book.accepted).toHaveLength(1);
  });

  it.each([
    ['refused', { kind: 'error-before', status: 410 }],
    ['a failure of the vendor', { kind: 'error-before', status: 500 }],
    ['a page of somebody else', { kind: 'html-before', status: 404 }],
    ['unreadable', { kind: 'truncated-json' }],
  ] as const)(
    'is a question to a person when every answer about its job is %s',
    async (_, fault) => {
      const faults = [{ ...fault, match: { method: 'GET', path: '/jobs/.+' } }];
      studio = await openStudio({ faults }, { imageJobMs: 200 });
      const input = await studio.startRun(batchOf('fox'));
      await studio.runStep(input, 'draw');
      expect(await shotOf(studio)).toMatchObject({ state: 'parked', submissionState: 'stalled' });
      expect(await studio.ledger.reports.unresolved('one')).toHaveLength(1);
      studio.simulator.settings.faults = [];
      expect(await collect(studio, input)).toBe(1);
      expect(await shotOf(studio)).toMatchObject({ state: 'done' });
    },
  );

  it('is waited for while the vendor is down, however late its job is', async () => {
    const match = { method: 'GET', path: '/jobs/.+' };
    studio = await openStudio(
      { faults: [{ kind: 'error-before', status: 503, match, count: 3 }] },
      { imageJobMs: 100, pollFirstMs: 150 },
    );
    const { results } = await studio.runStep(await studio.startRun(batchOf('fox')), 'draw');
    expect(results).toEqual([{ kind: 'done', saved: 1 }]);
  });
});

describe('a file whose link may end', () => {
  it('is fetched before anything more is paid for', async () => {
    studio = await openStudio({ jobMs: 50 }, {}, { inFlight: 1 });
    const { simulator, ledger } = studio;
    const input = await studio.startRun(
      batchOf('fox')
        .replace('[{ what: fox }]', '[{ what: fox }, { what: hen }]')
        .replace('name: image', 'name: "{{ what }}"'),
    );
    const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
    const range = { batch: 'one', run: 1, lane, account, from: 0, to: 2 };
    const options = {
      window: 1,
      postTimeoutMs: 1_000,
      worker: 'test',
      keyHash: studio.access.keyHash,
    };
    const { granted } = await ledger.claims.claim(range, options);
    const first = granted[0]?.submission ?? '';
    // Another worker has the file of the first shot, and is slow.
    const times = { nextPollInMs: 0, giveUpInMs: day };
    await ledger.submissions.submitted(first, { jobId: 'elsewhere' }, 'elsewhere', times);
    const url = `${simulator.baseUrls['photogpt']}/nowhere`;
    const expiresAt = studio.deps.now() + 4_000;
    const outputs = [{ remote: null, url, expiresAt }];
    await ledger.submissions.succeeded(first, { outputs, billed: null });
    await ledger.submissions.due(range, { leaseMs: 600_000, limit: 9, settleMs: 0 });
    studio.clock.aheadMs += 2_500;
    const environment = studio.environmentOf();
    const running = environment.run(studio.activities.runShots, {
      ...input,
      ...range,
      reportAfterMs: null,
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(simulator.book.accepted).toHaveLength(0);
    const file = { sha256: 'aa', bytes: 1, mime: 'image/png', width: 1, height: 1 };
    await ledger.submissions.saveOutput(first, 0, file);
    expect(await running).toMatchObject({ kind: 'done', saved: 1 });
    expect(simulator.book.accepted).toHaveLength(1);
  });
});
