import { afterEach, describe, expect, it } from 'vitest';
import { lookAround } from '../../src/activities/reconcile/candidates.ts';
import { startShot } from '../../src/activities/claim-and-start.ts';
import { JumpWatch, jumpWatchOf, neverBackwards } from '../../src/activities/clock.ts';
import { settle } from '../../src/activities/reconcile/settle.ts';
import { noteServerTime, serverAheadMs } from '../../src/http/server-clock.ts';
import type { Due, Range } from '../../src/ledger/port.ts';
import { openStudio, type Studio } from './studio.ts';

const fox = `batch: fox
steps:
  draw:
    rows: [{ what: fox }, { what: hen }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
`;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

/**
 * One request whose answer was lost before any job was made, beside one that has its job. Nobody saw it end,
 * or its sender did. @param jumpMs by how much the clock is set ahead between the two
 */
async function ambiguous(postMs: number, seen: 'unseen' | 'seen' = 'unseen', jumpMs = 0) {
  studio = await openStudio({}, { postMs });
  studio.clock.aheadMs -= jumpMs;
  const input = await studio.startRun(fox);
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const { ledger, clock, access, deps } = studio;
  const range = { ...input, lane, account, from: 0, to: 1 };
  const claim = async (of: Range) => {
    const options = {
      window: 2,
      postTimeoutMs: postMs,
      worker: 'test',
      keyHash: access.keyHash,
    };
    const [grant] = (await ledger.claims.claim(of, options)).granted;
    if (!grant) throw new Error('nothing was granted');
    return grant;
  };
  const { submission } = await claim(range);
  if (seen === 'seen') await ledger.submissions.ambiguous(submission, 'reset');
  clock.aheadMs += 50 + jumpMs;
  const limit = { sendBy: Date.now() + 5_000, now: Date.now };
  await startShot(deps, access, await claim({ ...range, from: 1, to: 2 }), limit);
  const due = async (): Promise<Due['ambiguous'][number] | undefined> =>
    (
      await ledger.submissions.due(range, {
        leaseMs: 1_000,
        limit: 10,
        settleMs: postMs,
        overMs: 10_000,
      })
    ).ambiguous[0];
  const state = async () => {
    for await (const { submission: id, state: found } of ledger.reports.submissions('fox'))
      if (id === submission) return found;
    return undefined;
  };
  return { studio, clock, due, state };
}

/** Lookups of about the same time share a list. */
const shareMs = 2_000;

describe('a request on its way when the clock jumps', () => {
  it('ahead: is not called absent before its time has really passed', async () => {
    const { studio: of, clock, due, state } = await ambiguous(300);
    const look = async () => {
      const row = await due();
      return row && (await settle(of.deps, of.access, row));
    };
    expect(await look()).toBeUndefined();
    jumpWatchOf(of.deps).look();
    clock.aheadMs += 3_600_000;
    expect(await look()).toBe(false);
    expect(await state()).toBe('ambiguous');
    clock.passedMs += 5_000 + 300;
    expect(await look()).toBe(false);
    clock.passedMs += 300 + shareMs;
    expect(await look()).toBe(true);
    expect(await state()).toBe('rejected');
  });

  it('before a worker began: is not called absent until that worker has seen its time pass', async () => {
    const { studio: of, clock, due, state } = await ambiguous(300);
    clock.aheadMs += 3_600_000;
    const row = await due();
    if (!row) throw new Error('not due');
    const fresh = { ...of.deps, now: () => of.deps.now() };
    expect(await settle(fresh, of.access, row)).toBe(false);
    clock.passedMs += 5_000 + 300;
    expect(await settle(fresh, of.access, row)).toBe(false);
    clock.passedMs += 300 + shareMs;
    expect(await settle(fresh, of.access, row)).toBe(true);
    expect(await state()).toBe('rejected');
  });

  it('before a worker began: may have the job that bears a later time', async () => {
    const { studio: of, clock, due, state } = await ambiguous(300, 'unseen', 600_000);
    const row = await due();
    if (!row) throw new Error('not due');
    const deadline = { sendBy: Infinity, timeoutMs: 5_000, now: Date.now };
    const resolved = { makes: 'image', trainedModel: undefined, references: [] } as const;
    await of.access.provider.start({ request: row.request, ...resolved }, deadline);
    const fresh = { ...of.deps, now: () => of.deps.now() };
    jumpWatchOf(fresh).look();
    clock.passedMs += 5_000 + 300 + 300 + shareMs;
    expect(await settle(fresh, of.access, row)).toBe(true);
    expect(await state()).toBe('parked');
  });

  it('is looked for sooner where its end was seen, by time that has really passed', async () => {
    const { studio: of, clock, due, state } = await ambiguous(60_000, 'seen');
    jumpWatchOf(of.deps).look();
    clock.aheadMs += 3_600_000;
    const row = await due();
    if (!row) throw new Error('not due');
    expect(await settle(of.deps, of.access, row)).toBe(false);
    clock.passedMs += 10_000 + shareMs;
    expect(await settle(of.deps, of.access, row)).toBe(true);
    expect(await state()).toBe('rejected');
  });

  it('back: is left to a person, since its job bears another time', async () => {
    const { studio: of, clock, due, state } = await ambiguous(60_000);
    jumpWatchOf(of.deps).look();
    clock.aheadMs -= 3_600_000;
    expect(await due()).toBeUndefined();
    clock.passedMs += 126_000 + shareMs;
    const row = await due();
    if (!row) throw new Error('not due');
    expect(await settle(of.deps, of.access, row)).toBe(true);
    expect(await state()).toBe('parked');
  });
});

describe('a vendor whose clock is not ours', () => {
  const origin = 'https://elsewhere.example.test';
  const hour = 3_600_000;
  const request = { prompt: 'a fox', references: [] } as never;
  const known = { recordedJobIds: async () => new Set<string>() } as never;
  const ledger = { submissions: known, remotes: undefined as never };

  it.each([
    ['behind', -hour],
    ['ahead', hour],
  ])('is asked for jobs of its own time when it is %s', async (_, aheadMs) => {
    const claimedAt = Date.now() - 130_000;
    const made = { job: {}, id: 'j', createdAt: claimedAt + aheadMs, billed: null };
    const listJobs = async (since: number, until: number) => {
      const date = new Date(Date.now() + aheadMs).toUTCString();
      noteServerTime(origin, { date }, Date.now());
      const isShown = made.createdAt >= since && made.createdAt <= until;
      return { entries: isShown ? [made] : [], unreadable: 0 };
    };
    const found = await lookAround(
      { ledger, provider: { listJobs }, account: `acme@${origin}` },
      { request, claimedAt, deadlineAt: claimedAt + 65_000 },
    );
    expect(found?.candidates).toMatchObject([{ job: { id: 'j' } }]);
    noteServerTime(origin, { date: new Date().toUTCString() }, Date.now());
  });

  it('is not believed any time, nor by an answer from a cache', () => {
    noteServerTime(origin, { date: 'Fri, 31 Dec 9999 00:00:00 GMT' }, Date.now());
    expect(serverAheadMs(origin)).toBe(24 * hour);
    noteServerTime(origin, { date: new Date(0).toUTCString(), age: '60' }, Date.now());
    expect(serverAheadMs(origin)).toBe(24 * hour);
    const now = Date.now();
    noteServerTime(origin, { date: new Date(now).toUTCString() }, now);
    expect(Math.abs(serverAheadMs(origin))).toBeLessThan(1_100);
  });
});

describe('the clock of the deadline', () => {
  it('goes on when the wall clock is set back, and ahead with it', () => {
    let wall = 1_000_000;
    const now = neverBackwards(() => wall);
    wall -= 3_600_000;
    expect(now()).toBeGreaterThanOrEqual(1_000_000);
    wall += 7_200_000;
    expect(now()).toBe(wall);
  });
});

describe('JumpWatch', () => {
  function watched() {
    const time = { steady: 0, offset: 0 };
    const watch = new JumpWatch(
      () => time.steady + time.offset,
      () => time.steady,
    );
    return { time, watch };
  }

  it('notices a jump ahead, and takes neither drift nor a step back for one', () => {
    const { time, watch } = watched();
    time.steady += 60_000;
    for (let minutes = 0; minutes < 10; minutes++) {
      time.offset += 500;
      expect(watch.isSteadyFor(60_000)).toBe(true);
    }
    time.offset -= 3_600_000;
    expect(watch.isSteadyFor(60_000)).toBe(true);
    time.offset += 10_000;
    expect(watch.isSteadyFor(60_000)).toBe(false);
    time.steady += 59_999;
    expect(watch.isSteadyFor(60_000)).toBe(false);
    time.steady += 1;
    expect(watch.isSteadyFor(60_000)).toBe(true);
  });

  it('does not know what the clock did before it began', () => {
    const { time, watch } = watched();
    expect(watch.unseenSince(-60_000)).toBe(60_000);
    expect(watch.unseenSince(60_000)).toBe(0);
    expect(watch.isSteadyFor(60_000)).toBe(false);
    time.steady += 60_000;
    expect(watch.isSteadyFor(60_000)).toBe(true);
  });
});
