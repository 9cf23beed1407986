import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/index.ts';
import { openStudio, type Studio } from './studio.ts';

const fiveShots = `batch: five
steps:
  draw:
    rows: [{ what: fox }, { what: hen }, { what: owl }, { what: cat }, { what: elk }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
`;

const paidRequest = { method: 'POST', path: '/images/generation' };

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('runShots', () => {
  it('takes five shots from the file to saved images, each paid once', async () => {
    studio = await openStudio();
    const input = await studio.startRun(fiveShots);
    const { planned, results } = await studio.runStep(input, 'draw');
    expect(planned.lanes).toMatchObject([{ shots: 5, accountName: 'photogpt' }]);
    expect(planned.lanes[0]?.names).toHaveLength(5);
    expect(results).toEqual([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
    const outputs = [];
    for await (const shot of studio.ledger.reports.shots(input.batch)) {
      expect(shot.state).toBe('done');
      outputs.push(...shot.outputs);
    }
    expect(outputs).toHaveLength(5);
    for (const { sha256, width } of outputs) {
      expect(await studio.blobs.has(sha256 ?? '')).toBe(true);
      expect(width).toBeGreaterThan(0);
    }
  });

  it('says that nothing is left to claim while a slow job goes on, and only then', async () => {
    studio = await openStudio({ jobMs: 4_000, jitter: 0 });
    const { drained } = studio;
    const input = await studio.startRun(fiveShots);
    const running = studio.runStep(input, 'draw');
    await expect.poll(() => drained, { timeout: 20_000 }).toEqual([0]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
    expect(await statesOf(studio, input.batch)).toContain('bound');
    expect((await running).results).toEqual([{ kind: 'done', saved: 5 }]);
    expect(drained).toEqual([0]);
  });

  it('goes on with the others when the ledger refuses one row, and comes back to that one', async () => {
    studio = await openStudio();
    const { submissions } = studio.ledger;
    const { succeeded } = submissions;
    let refused = '';
    Object.assign(submissions, {
      succeeded: async (id: string, result: Parameters<typeof succeeded>[1]) => {
        if (refused !== '') return await succeeded(id, result);
        refused = id;
        throw new Error('cannot store REAL value in INTEGER column');
      },
    });
    const input = await studio.startRun(fiveShots);
    const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
    const range = { ...input, lane, account, from: 0, to: 5, reportAfterMs: null };
    const first = studio.environmentOf();
    const cutOff = first.run(studio.activities.runShots, range).catch(() => 'cut off');
    await expect
      .poll(async () => (await statesOf(studio!, input.batch)).toSorted(), { timeout: 20_000 })
      .toEqual(['bound', ...Array(4).fill('done')]);
    first.cancel('WORKER_SHUTDOWN');
    expect(await cutOff).toBe('cut off');
    // The lease of the poll that failed is over.
    studio.restart(20_000);
    const result = await studio.environmentOf().run(studio.activities.runShots, range);
    expect(result).toEqual({ kind: 'done', saved: 1 });
    expect(studio.lines).toContainEqual(expect.stringContaining(refused));
  });

  it('adopts the one job that fits when the answer to a request was lost', async () => {
    studio = await openStudio(
      { revealing: true, faults: [{ kind: 'reset-after', match: paidRequest, nth: 2 }] },
      { postMs: 300 },
    );
    const input = await studio.startRun(fiveShots);
    // The claim's deadline counts five seconds from the claim, and settling follows it.
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
    expect(await statesOf(studio, input.batch)).toEqual(Array(5).fill('done'));
  });

  it('sends again what surely never arrived, and pays once', async () => {
    const refused: Fault = { kind: 'rate-limit', match: paidRequest, nth: [1, 2], seconds: 0 };
    studio = await openStudio({ faults: [refused] });
    const input = await studio.startRun(fiveShots);
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
  });

  it.each([
    'download-html',
    'download-short',
    'download-wrong-bytes',
    'download-forbidden',
  ] as const)('fetches a file again after %s', async (kind) => {
    studio = await openStudio({ faults: [{ kind, nth: [1, 3] }] });
    const input = await studio.startRun(fiveShots);
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted).toHaveLength(5);
  });

  it('stops when the account is empty, and says so', async () => {
    studio = await openStudio({ faults: [{ kind: 'no-credits', match: paidRequest }] });
    const input = await studio.startRun(fiveShots);
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toMatchObject([
      { kind: 'stopped', reason: { kind: 'block', block: 'noFunds' }, saved: 0 },
    ]);
    expect(await statesOf(studio, input.batch)).toEqual(Array(5).fill('open'));
  });

  it('spends nothing while the batch is paused', async () => {
    studio = await openStudio();
    const input = await studio.startRun(fiveShots);
    await studio.ledger.batches.setState(input.batch, 'paused', ['running']);
    const { results } = await studio.runStep(input, 'draw');
    expect(results).toMatchObject([{ kind: 'stopped', reason: { kind: 'paused' }, saved: 0 }]);
    expect(studio.simulator.book.accepted).toHaveLength(0);
  });

  it('goes on from the ledger after it was cut off, and pays nothing twice', async () => {
    studio = await openStudio({ jobMs: 400 });
    const input = await studio.startRun(fiveShots);
    const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
    const range = { ...input, lane, account, from: 0, to: 5, reportAfterMs: null };
    const first = studio.environmentOf();
    const running = first.run(studio.activities.runShots, range);
    setTimeout(() => first.cancel('WORKER_SHUTDOWN'), 150);
    await expect(running).rejects.toThrow();
    const result = await studio.environmentOf().run(studio.activities.runShots, range);
    expect(result).toMatchObject({ kind: 'done' });
    expect(studio.simulator.book.accepted).toHaveLength(5);
    expect(studio.simulator.book.duplicates()).toEqual([]);
  });

  it('follows what another range has left to its end before it stops', async () => {
    studio = await openStudio({ jobMs: 800 }, { imageJobMs: 600_000 });
    const input = await studio.startRun(fiveShots);
    const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
    const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
    const first = studio.environmentOf();
    const running = first.run(studio.activities.runShots, range);
    setTimeout(() => first.cancel('WORKER_SHUTDOWN'), 200);
    await expect(running).rejects.toThrow();
    expect(studio.simulator.book.accepted).toHaveLength(1);
    await studio.ledger.submissions.block(account, null, 'noFunds', null);
    studio.clock.aheadMs += 60_000;
    const others = { ...range, from: 1, to: 5 };
    const result = await studio.environmentOf().run(studio.activities.runShots, others);
    expect(result).toMatchObject({ kind: 'stopped', saved: 1 });
    expect(await statesOf(studio, input.batch)).toEqual(['done', ...Array(4).fill('open')]);
  });

  it('refuses work that was planned in another ledger', async () => {
    studio = await openStudio();
    const input = { ...(await studio.startRun(fiveShots)), ledgerId: 'another' };
    await expect(studio.runStep(input, 'draw')).rejects.toMatchObject({
      type: 'OtherLedgerError',
      nonRetryable: true,
    });
  });
});

describe('a step that reads another', () => {
  it('has one shot for each saved output, sent with the image', async () => {
    studio = await openStudio();
    const input = await studio.startRun(`${fiveShots}  larger:
    from: draw
    model: photogpt:upscale
`);
    expect((await studio.runStep(input, 'larger')).planned.lanes).toEqual([]);
    await studio.runStep(input, 'draw');
    const { results } = await studio.runStep(input, 'larger', 2);
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(studio.simulator.book.accepted.map(({ kind }) => kind).toSorted()).toEqual([
      ...Array(5).fill('generate'),
      ...Array(5).fill('upscale'),
    ]);
  });

  it('tells ambiguous requests without a prompt apart by the image they read', async () => {
    const upscaling = { method: 'POST', path: '/images/upscaling' };
    studio = await openStudio(
      { revealing: true, faults: [{ kind: 'reset-after', match: upscaling, nth: [1, 2] }] },
      { postMs: 300 },
    );
    const input = await studio.startRun(`${fiveShots}  larger:
    from: draw
    model: photogpt:upscale
`);
    await studio.runStep(input, 'draw');
    await studio.runStep(input, 'larger', 2);
    expect(studio.simulator.book.accepted).toHaveLength(10);
    expect(await statesOf(studio, input.batch)).toEqual(Array(10).fill('done'));
  });
});

async function statesOf({ ledger }: Studio, batch: string): Promise<string[]> {
  const states: string[] = [];
  for await (const { state } of ledger.reports.shots(batch)) states.push(state);
  return states;
}
