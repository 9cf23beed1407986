import { afterEach, describe, expect, it } from 'vitest';
import type { JobOutput, JobRef, JobState } from '../../../src/providers/port.ts';
import { openStudio, type Studio } from '../studio.ts';
import { oneShot, runUntil } from './one-shot.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
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
    const gone = 'the vendor no longer has the file (its job names other files only)';
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
