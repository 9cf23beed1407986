import { afterEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/activities/own-work.ts';
import { PaceError } from '../../../src/http/errors.ts';
import type { RunShotsResult } from '../../../src/activities/range-runner.ts';
import type { Fault } from '../../../src/simulator/index.ts';
import { openStudio, type Studio } from '../studio.ts';

const images = `batch: herd
steps:
  draw:
    rows: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]
    model: photogpt:nanobanana
    prompt: sheep number {{ n }}
`;

let studio: Studio;
afterEach(async () => studio.close());

const ping = { method: 'GET', path: '/ping$' };
const requests = (): Readonly<Record<string, number>> => studio.simulator.book.requests;
const posts = (): number =>
  Object.entries(requests())
    .filter(([request]) => request.startsWith('POST'))
    .reduce((sum, [, count]) => sum + count, 0);

const open = async (faults: Fault[] = []) => {
  studio = await openStudio({ faults });
  return await studio.startRun(images);
};

/** Every shot in a range of its own, all at once. */
async function runApart(input: RunInput): Promise<RunShotsResult[]> {
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const runs = Array.from({ length: 4 }, async (_, from): Promise<RunShotsResult> => {
    const range = { ...input, lane, account, from, to: from + 1, reportAfterMs: null };
    const { runShots } = studio.activities;
    return await studio.environmentOf().run(runShots, range);
  });
  return await Promise.all(runs);
}

describe("the vendor's check call", () => {
  it('is made once in a run, before the first paid request, by however many ranges', async () => {
    const input = await open();
    const results = await runApart(input);
    expect(results.map(({ kind }) => kind)).toEqual(Array(4).fill('done'));
    expect(requests()).toMatchObject({ 'GET /photogpt/ping 200': 1 });
    const [first] = Object.keys(requests());
    expect(first).toBe('GET /photogpt/ping 200');
  });

  it('is made again in the next run, and not where nothing is to be paid', async () => {
    await studioOf(images);
    const more = images.replace('{ n: 4 }', '{ n: 4 }, { n: 5 }');
    await studio.runStep(await studio.startRun(more), 'draw', 2);
    expect(requests()).toMatchObject({ 'GET /photogpt/ping 200': 2 });
    await studio.runStep(await studio.startRun(more), 'draw', 3);
    expect(requests()).toMatchObject({ 'GET /photogpt/ping 200': 2 });
  });

  it('is waited for through an outage, which the account says, before anything is claimed', async () => {
    const input = await open([{ kind: 'error-before', status: 503, match: ping, count: 3 }]);
    const running = studio.runStep(input, 'draw');
    await expect
      .poll(async () =>
        (await studio.ledger.reports.status('herd'))?.blocks.map(({ reason }) => reason),
      )
      .toEqual(['unreachable']);
    expect(await Array.fromAsync(studio.ledger.reports.submissions('herd'))).toEqual([]);
    expect(posts()).toBe(0);
    expect((await running).results).toMatchObject([{ kind: 'done', saved: 4 }]);
    expect(requests()).toMatchObject({
      'GET /photogpt/ping 503': 3,
      'GET /photogpt/ping 200': 1,
    });
  });

  it('is made at once when a person resumes in an outage', async () => {
    const input = await open([{ kind: 'error-before', status: 503, match: ping }]);
    const running = studio.runStep(input, 'draw');
    const blockedUntil = async () =>
      (await studio.ledger.reports.status('herd'))?.blocks[0]?.until ?? 0;
    const isLong = async () => (await blockedUntil()) - Date.now() > 5_000;
    await expect.poll(isLong, { timeout: 20_000 }).toBe(true);
    const until = await blockedUntil();
    const [block] = (await studio.ledger.reports.status('herd'))?.blocks ?? [];
    expect(block).toMatchObject({ reason: 'unreachable', why: expect.stringContaining('503') });
    expect(block?.since).toBeLessThan(until - 5_000);
    studio.simulator.settings.faults = [];
    await studio.ledger.batches.clearBlocks('herd');
    expect((await running).results).toMatchObject([{ kind: 'done', saved: 4 }]);
    expect(Date.now()).toBeLessThan(until);
  }, 40_000);

  it('that an outage holds back is no rate limit', async () => {
    await open();
    const held = new PaceError(90_000, 'the vendor cannot be reached', 'unreachable');
    expect(studio.access.provider.classify(held)).toMatchObject({
      request: 'notSent',
      account: { kind: 'unreachable', retryAfterMs: 90_000 },
    });
  });

  it('waits as long as a rate limit asks', async () => {
    const input = await open([{ kind: 'rate-limit', match: ping, nth: 1, seconds: 2 }]);
    const startedAt = Date.now();
    expect((await studio.runStep(input, 'draw')).results).toMatchObject([{ kind: 'done' }]);
    const [first] = studio.simulator.book.accepted;
    expect(Date.parse(first?.at ?? '') - startedAt).toBeGreaterThan(1_900);
  });

  it('that is refused stops the account, and nothing is sent', async () => {
    const input = await open([{ kind: 'unauthorized', match: ping }]);
    const results = await runApart(input);
    const reason = { kind: 'block', block: 'badKey', account: studio.access.key };
    expect(results).toMatchObject(Array(4).fill({ kind: 'stopped', reason }));
    expect(posts()).toBe(0);
    // A range that comes while the account is blocked asks no more.
    const asked = requests()['GET /photogpt/ping 401'];
    await runApart(input);
    expect(requests()['GET /photogpt/ping 401']).toBe(asked);
  });

  it('that is refused keeps no shot from what is paid for already', async () => {
    await studioOf(images);
    studio.simulator.settings.faults = [{ kind: 'unauthorized', match: ping }];
    const twin = await studio.startRun(images.replace('herd', 'twin'));
    const { planned } = await studio.runStep(twin, 'draw');
    expect(planned.lanes.reduce((sum, { shots }) => sum + shots, 0)).toBe(0);
    const [shot] = await Array.fromAsync(studio.ledger.reports.shots('twin'));
    expect(shot?.state).toBe('done');
  });

  it('that something else answers is tried a few times, and gone on without', async () => {
    const input = await open([{ kind: 'html-before', status: 404, match: ping }]);
    expect((await studio.runStep(input, 'draw')).results).toMatchObject([{ kind: 'done' }]);
    expect(requests()).toMatchObject({ 'GET /photogpt/ping 404': 5 });
  }, 60_000);
});

/** A batch that has run to its end. */
async function studioOf(batch: string): Promise<void> {
  studio = await openStudio();
  await studio.runStep(await studio.startRun(batch), 'draw');
}
