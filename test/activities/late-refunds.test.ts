import { afterEach, describe, expect, it } from 'vitest';
import type { BatchOutcome } from '../../src/activities/runs.ts';
import { noLane } from '../../src/ledger/rules/lane-name.ts';
import type { Provider } from '../../src/providers/port.ts';
import { openStudio, type Studio } from './studio.ts';

const image = (what: string) => `batch: ${what}
steps:
  draw:
    rows: [{ what: ${what} }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
`;

let studio: Studio;
afterEach(async () => studio.close());

/** The vendor as it is, but slow to give money back: it promises until `back` is set. */
async function openPromising() {
  studio = await openStudio({ faults: [{ kind: 'job-fails', nth: [1, 2, 3] }] });
  const { provider } = studio.access;
  const vendor = { back: false, asked: 0 };
  const check: Provider['check'] = async (job) => {
    const state = await provider.check(job);
    if (state.state !== 'failed') return state;
    vendor.asked++;
    return { ...state, refunded: vendor.back ? true : 'promised' };
  };
  Object.assign(studio.access, { provider: { ...provider, check } });
  return vendor;
}

const moneyOf = async (batch: string) => {
  const { spent, refunded, promised } =
    (await studio.ledger.reports.status(batch))?.accounts[0] ?? {};
  return { spent, refunded, promised };
};

describe('a refund that the vendor promised', () => {
  it('is checked when the run ends, and when the next one begins', async () => {
    const vendor = await openPromising();
    const input = await studio.startRun(image('fox'));
    await studio.runStep(input, 'draw');
    const { finishRun, openRun } = studio.activities;
    await studio.environmentOf().run(finishRun, input);
    const spent = (await moneyOf('fox')).promised ?? 0;
    expect(spent).toBeGreaterThan(0);
    expect(await moneyOf('fox')).toMatchObject({ spent, refunded: 0 });
    vendor.back = true;
    await studio.environmentOf().run(openRun, await studio.startRun(image('hen')));
    expect(await moneyOf('fox')).toEqual({ spent: 0, refunded: spent, promised: 0 });
  });

  it('is checked by a range that runs, and keeps none open', async () => {
    const vendor = await openPromising();
    const { results } = await studio.runStep(await studio.startRun(image('fox')), 'draw');
    expect(results).toMatchObject([{ kind: 'done' }]);
    const { promised = 0 } = await moneyOf('fox');
    vendor.back = true;
    const { asked } = vendor;
    await studio.runStep(await studio.startRun(image('hen')), 'draw');
    expect(vendor.asked).toBe(asked);
    studio.clock.aheadMs = 31_000;
    await studio.runStep(await studio.startRun(image('owl')), 'draw');
    expect(vendor.asked).toBeGreaterThan(asked);
    expect(await moneyOf('fox')).toEqual({ spent: 0, refunded: promised, promised: 0 });
  });
});

describe('a job that its vendor calls failed once, and that succeeds', () => {
  /** The vendor as it is, but its first job that is done was said to have failed at first. */
  async function openHasty() {
    studio = await openStudio();
    const { provider } = studio.access;
    let isTold = false;
    const check: Provider['check'] = async (job) => {
      const state = await provider.check(job);
      if (state.state !== 'succeeded' || isTold) return state;
      isTold = true;
      return { state: 'failed', reason: 'a worker died', refunded: 'promised', billed: null };
    };
    Object.assign(studio.access, { provider: { ...provider, check } });
  }
  /** As the workflow does. @returns its outcome and what it had to collect */
  async function close(input: Awaited<ReturnType<Studio['startRun']>>) {
    const { finishRun, runShots } = studio.activities;
    const run = studio.environmentOf();
    const { orphaned = [] }: BatchOutcome = await run.run(finishRun, input);
    for (const { account } of orphaned)
      await run.run(runShots, {
        ...input,
        ...{ lane: noLane, account, from: 0, to: 0, reportAfterMs: null },
      });
    return await run.run(finishRun, input);
  }
  const paidFor = async (batch: string) =>
    (await Array.fromAsync(studio.ledger.reports.submissions(batch))).map(
      ({ state, spent, refund, outputs }) => ({
        ...{ state, isPaid: spent > 0, refund },
        files: outputs.map((output) => output.state),
      }),
    );
  const paid = { state: 'succeeded', isPaid: true, refund: null, files: ['saved'] };

  it('gives its file beside that of the one which was sent in its place', async () => {
    await openHasty();
    const input = await studio.startRun(image('fox'));
    await studio.runStep(input, 'draw');
    expect(await close(input)).toMatchObject({ outcome: 'complete' });
    expect(studio.simulator.book.accepted).toHaveLength(2);
    expect(await paidFor('fox')).toEqual([paid, paid]);
  });

  it('gives its file to the shot that nothing was sent for since', async () => {
    await openHasty();
    const policy = { retries: 0, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' } as const;
    const input = await studio.startRun(image('fox'), { policy });
    await studio.runStep(input, 'draw');
    expect(await close(input)).toMatchObject({ outcome: 'complete' });
    expect(studio.simulator.book.accepted).toHaveLength(1);
    expect(await paidFor('fox')).toEqual([paid]);
  });
});
