import { describe, expect, it } from 'vitest';
import { claimAndStart, startShot } from '../../../src/activities/claim-and-start.ts';
import { connectVendor } from '../../../src/providers/connect.ts';
import { openStudio, type Studio } from '../studio.ts';

const paidRequest = { method: 'POST', path: '/images/generation' };
const batch = `\
batch: fox
steps:
  draw:
    rows: [{ what: fox }, { what: hen }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
    name: "{{ what }}"
`;

/** As after a new start of the worker with another key in the variable. */
function useKey({ access, config, ledger }: Studio, apiKey: string): void {
  const account = config.accounts.get('photogpt');
  if (!account) throw new Error('no account');
  const { vendor, baseUrl, settings } = account;
  const provider = connectVendor(vendor, { baseUrl, apiKey, settings });
  Object.assign(access, { provider, keyHash: ledger.keys.hash(apiKey, baseUrl) });
}

async function openLane(...settings: Parameters<typeof openStudio>) {
  const studio = await openStudio(...settings);
  const input = await studio.startRun(batch);
  const [lane] = await studio.lanesOf(input, 'draw');
  if (!lane) throw new Error('no lane');
  const range = { ...input, lane: lane.lane, account: lane.account, reportAfterMs: null };
  const run = (from: number, to: number) =>
    studio.environmentOf().run(studio.activities.runShots, { ...range, from, to });
  const states = async () => {
    const rows = await Array.fromAsync(studio.ledger.reports.submissions('fox'));
    return rows.map(({ state }) => state);
  };
  /** One request of a worker that follows nothing. */
  const send = async (from: number) => {
    const { deps, access } = studio;
    const posts: Promise<unknown>[] = [];
    await claimAndStart(deps, access, { ...range, from, to: from + 1 }, (grant, limit) =>
      posts.push(startShot(deps, access, grant, limit)),
    );
    await Promise.all(posts);
  };
  return {
    studio,
    run,
    send,
    states,
    accepted: () => studio.simulator.book.accepted.length,
    [Symbol.asyncDispose]: () => studio.close(),
  };
}

describe('the key of another vendor account', () => {
  it('proves nothing about a request that the first key sent, and stops the lane', async () => {
    const faults = [{ kind: 'reset-after' as const, match: paidRequest, nth: 2 }];
    await using lane = await openLane({ revealing: true, faults }, { postMs: 300 });
    const { studio, run, send, states, accepted } = lane;
    // Only the first shot: nobody looks for the answer of the second one any more.
    await run(0, 1);
    await send(1);
    useKey(studio, 'another-person');
    const stopped = { kind: 'stopped', reason: { kind: 'otherKey' } };
    expect(await run(0, 2)).toMatchObject(stopped);
    expect((await studio.ledger.reports.status('fox'))?.stops).toMatchObject([stopped.reason]);
    expect(await states()).toEqual(['succeeded', 'ambiguous']);
    expect(accepted()).toBe(2);
  });

  it('is refused by a claim of a worker that is still there', async () => {
    await using lane = await openLane();
    const { studio, send } = lane;
    await send(0);
    useKey(studio, 'another-person');
    // The first request is still under way.
    await expect(send(1)).rejects.toThrow(/has not accepted this key/);
  });

  it('is refused also where nothing is left to finish: its jobs would prove nothing', async () => {
    await using lane = await openLane();
    const { run, accepted } = lane;
    await run(0, 1);
    useKey(lane.studio, 'another-person');
    expect(await run(0, 2)).toMatchObject({ kind: 'stopped', reason: { kind: 'otherKey' } });
    useKey(lane.studio, 'test-key');
    expect(await run(0, 2)).toMatchObject({ kind: 'done' });
    expect((await lane.studio.ledger.reports.status('fox'))?.stops).toEqual([]);
    expect(accepted()).toBe(2);
  });

  it('that the vendor refuses stops only its own lane', async () => {
    await using lane = await openLane();
    await lane.run(0, 1);
    useKey(lane.studio, 'bad-key');
    const stop = { kind: 'block', block: 'badKey' };
    expect(await lane.run(0, 2)).toMatchObject({ kind: 'stopped', reason: stop });
    expect((await lane.studio.ledger.reports.status('fox'))?.blocks).toEqual([]);
    useKey(lane.studio, 'test-key');
    expect(await lane.run(0, 2)).toMatchObject({ kind: 'done' });
  });
});

describe('a renewed key of the same vendor account', () => {
  it('goes on where the vendor shows it a known job', async () => {
    const faults = [{ kind: 'reset-after' as const, match: paidRequest, nth: 2 }];
    await using lane = await openLane({ revealing: true, faults }, { postMs: 300 });
    const { studio, run, send, states, accepted } = lane;
    await run(0, 1);
    await send(1);
    useKey(studio, 'test-key~2');
    expect(await run(0, 2)).toMatchObject({ kind: 'done' });
    expect(await states()).toEqual(['succeeded', 'succeeded']);
    expect(accepted()).toBe(2);
  });

  it('goes on by a person’s word where no job on record could show it', async () => {
    const faults = [{ kind: 'reset-after' as const, match: paidRequest, nth: 1 }];
    await using lane = await openLane({ revealing: true, faults }, { postMs: 300 });
    const { studio, run, send, accepted } = lane;
    await send(0);
    useKey(studio, 'test-key~2');
    expect(await run(0, 1)).toMatchObject({ kind: 'stopped' });
    await studio.ledger.keys.accept(studio.access.key, studio.access.keyHash);
    expect(await run(0, 1)).toMatchObject({ kind: 'done' });
    expect(accepted()).toBe(1);
  });
});
