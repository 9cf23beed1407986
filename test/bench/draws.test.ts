import { describe, expect, it } from 'vitest';
import { drawFaults, faultKinds } from '../../bench/faults/draw-faults.ts';
import { nameOf } from '../../bench/faults/draw-incidents.ts';
import { focuses } from '../../bench/faults/focuses.ts';
import { plots } from '../../bench/faults/plots.ts';
import { Draw } from '../../bench/faults/draw.ts';
import { drawScenario } from '../../bench/faults/scenario.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { faultOfFault } from '../../src/simulator/faults.ts';

const seeds = Array.from({ length: 400 }, (_, index) => index + 1);
const everything = {
  vendors: ['photogpt', 'productai', 'wonda', 'gptimage2api'],
  shots: 20,
  trains: true,
  videos: true,
  vectors: true,
  several: true,
  listsJobs: true,
};

/** Of these each strike is over by itself, and hinders nobody from ending. */
const shortLived: readonly Fault['kind'][] = ['list-lags', 'training-shows-late', 'repeat'];

function ends({ kind, count, nth, forMs }: Fault): boolean {
  return [count, nth, forMs].some((limit) => limit !== undefined) || shortLived.includes(kind);
}

describe('a drawn scenario', () => {
  it('is the same for the same seed', () => {
    // Waits that are told as a time are told from now on.
    const reported = (seed: number): string =>
      JSON.stringify(drawScenario(seed), (name, value: unknown) => (name === 'text' ? '' : value));
    for (const seed of seeds.slice(0, 40)) expect(reported(seed)).toBe(reported(seed));
  });

  it('has only faults that end, and that the simulator knows', () => {
    for (const seed of seeds)
      for (const fault of drawScenario(seed).faults) {
        expect(ends(fault), JSON.stringify(fault)).toBe(true);
        expect(faultOfFault(fault)).toBeUndefined();
      }
  });

  it('has each kind of fault, plot and incident now and then', () => {
    const drawn = new Set(
      seeds
        .map((seed) => drawScenario(seed))
        .flatMap(({ faults, incidents }) => [
          ...faults.map(({ name }) => name),
          ...incidents.map(nameOf),
        ]),
    );
    expect(faultKinds.filter((kind) => !drawn.has(kind))).toEqual([]);
    expect([...drawn]).toEqual(
      expect.arrayContaining([
        'killed everything at once',
        'killed, clock set, started again',
        'SIGHUP to the run',
        'SIGTERM twice to the worker',
        'a saved file is rotten',
        'files fail with EIO',
        'no file can be opened',
        'settings changed: rename',
        'a person names jobs',
      ]),
    );
  });

  it('has nothing but what it is told to have', () => {
    for (const seed of seeds.slice(0, 60)) {
      const { faults, incidents } = drawScenario(seed, {}, '404 at check-job');
      expect([...faults.map(({ name }) => name), ...incidents.map(nameOf)]).toEqual([
        '404 at check-job',
      ]);
    }
  });
});

it.each(Object.keys(plots))(
  'the plot "%s" brings faults or incidents, and they are known',
  (name) => {
    const { faults, incidents } = drawScenario(1, { plot: name, faults: [], incidents: [] });
    expect(faults.length + incidents.length).toBeGreaterThan(0);
    for (const fault of faults) expect(faultOfFault(fault)).toBeUndefined();
  },
);

it.each(Object.entries(focuses))('the focus "%s" draws what the simulator knows', (_, focus) => {
  const { faults, incidents } = drawScenario(1, focus);
  expect(faults.length + incidents.length).toBeGreaterThan(0);
  for (const fault of faults) expect(faultOfFault(fault)).toBeUndefined();
});

it('a kind whose name is asked for comes with what makes it likely', () => {
  const faults = drawFaults(new Draw(1), everything, 0, 'refused at describe-image');
  expect(faults.map(({ name }) => name)).toEqual([
    'reset after it was accepted',
    'refused at describe-image',
  ]);
});
