import { afterEach, describe, expect, it } from 'vitest';
import { claimAndStart, type SendEnd, startShot } from '../../src/activities/claim-and-start.ts';
import type { Grant, Range } from '../../src/ledger/port.ts';
import type { Provider } from '../../src/providers/port.ts';
import { openStudio, type Studio } from './studio.ts';

let studio: Studio;
afterEach(async () => studio.close());

/** One shot that was granted and is not sent yet. */
async function claimed(vendor: string, faults: Parameters<typeof openStudio>[0] = {}) {
  studio = await openStudio(faults, {}, {}, { account: vendor });
  const input = await studio.startRun(`batch: one
steps:
  draw: { model: "${vendor}:${models[vendor]}", prompt: a fox, name: fox }
`);
  const [lane] = await studio.lanesOf(input, 'draw');
  const range: Range = {
    ...input,
    lane: lane?.lane ?? '',
    account: studio.access.key,
    from: 0,
    to: 1,
  };
  const posts: (() => Promise<SendEnd>)[] = [];
  const post = (grant: Grant, limit: Parameters<typeof startShot>[3]): void =>
    void posts.push(() => startShot(studio.deps, studio.access, grant, limit));
  await claimAndStart(studio.deps, studio.access, range, post);
  const [send] = posts;
  if (!send) throw new Error('nothing was granted');
  return { input, range, send };
}

const models: Readonly<Record<string, string>> = {
  wonda: 'nano-banana-2',
  photogpt: 'nanobanana',
};

/** The machine wakes up much later, and what looks first is another range. */
async function sleepLong(range: Range, isParked: boolean): Promise<void> {
  studio.clock.aheadMs += 60 * 60_000;
  const { submissions } = studio.ledger;
  const { ambiguous } = await submissions.due(range, { leaseMs: 1, limit: 9, settleMs: 0 });
  for (const { submission } of isParked ? ambiguous : [])
    await submissions.park(submission, 'unknown');
}

const rows = async () =>
  (await Array.fromAsync(studio.ledger.reports.submissions('one'))).map(
    ({ state, reserved, spent }) => ({ state, reserved, spent }),
  );
const shotState = async () => (await studio.ledger.reports.shot('one', 'draw/fox'))?.state;

describe('a machine that slept between the claim and the request', () => {
  it.each([
    ['wonda', 'ambiguous', false],
    ['wonda', 'parked', true],
    ['photogpt', 'ambiguous', false],
    ['photogpt', 'parked', true],
  ])('sends nothing late, and asks nobody (%s, %s)', async (vendor, state, isParked) => {
    const { input, range, send } = await claimed(vendor);
    await sleepLong(range, isParked);
    expect(await rows()).toMatchObject([{ state }]);
    // Its chunk may be over: the batch is to look for it again.
    expect(await send()).toBe('late');
    expect(studio.simulator.book.accepted).toHaveLength(0);
    expect(await rows()).toEqual([{ state: 'rejected', reserved: 0, spent: 0 }]);
    expect(await shotState()).toBe('open');
    await studio.runStep(input, 'draw', 2);
    expect(await shotState()).toBe('done');
    expect(studio.simulator.book.accepted).toHaveLength(1);
  });
});

describe('a machine that slept before the answer came', () => {
  /** It sleeps between the request and its answer. */
  function sleepWhileSending(range: Range, isParked: boolean): void {
    const { provider } = studio.access;
    const start: Provider['start'] = (request, deadline) =>
      provider.start(request, deadline).finally(() => sleepLong(range, isParked));
    Object.assign(studio.access, { provider: { ...provider, start } });
  }

  it.each([false, true])('believes a refusal (parked meanwhile: %s)', async (isParked) => {
    const { range, send } = await claimed('photogpt', {
      faults: [{ kind: 'rate-limit', nth: 1, match: { method: 'POST' } }],
    });
    sleepWhileSending(range, isParked);
    expect(await send()).toBe('late');
    expect(await rows()).toEqual([{ state: 'rejected', reserved: 0, spent: 0 }]);
    expect(await shotState()).toBe('open');
  });
});
