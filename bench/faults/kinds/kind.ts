import type { Fault } from '../../../src/simulator/index.ts';
import type { Draw } from '../draw.ts';

/** What a drawn batch has that faults can strike. */
export interface Scene {
  readonly vendors: readonly string[];
  readonly shots: number;
  readonly trains: boolean;
  readonly videos: boolean;
  readonly vectors: boolean;
  /** Some requests are for more than one file. */
  readonly several: boolean;
  /** Some vendor of it lists its jobs. */
  readonly listsJobs: boolean;
}

/** A way to misbehave; every fault ends, so that every batch can. */
export interface Kind {
  /** Whether it can strike such a batch; always unless given. */
  readonly applies?: (scene: Scene) => boolean;
  /** The faults that are this kind; others that give it something to strike carry their own name. */
  readonly draw: (draw: Draw, scene: Scene) => Fault | readonly Fault[];
}

/** By the name that the table of docs/faults.md gives each. */
export type Kinds = Readonly<Record<string, Kind>>;

export const paid = ['generate', 'upscale', 'video'] as const;

/** Struck now and then, for at most such a share of the shots. */
export function some(
  draw: Draw,
  { shots }: Scene,
  share: number,
): Pick<Fault, 'probability' | 'count'> {
  return {
    probability: draw.whole(5, 40) / 100,
    count: Math.max(1, Math.round(shots * share)),
  };
}

/** Struck a few times: many in a row would only show how long is waited between two tries. */
export function few(draw: Draw): Pick<Fault, 'probability' | 'count'> {
  return { probability: draw.whole(10, 50) / 100, count: draw.whole(1, 4) };
}

/** Struck once or twice, among the first requests of the sort. */
export function once(draw: Draw): Pick<Fault, 'nth'> {
  const first = draw.whole(1, 3);
  return { nth: draw.chance(0.3) ? [first, first + 1] : first };
}

export const hasVendor =
  (...names: readonly string[]) =>
  ({ vendors }: Scene): boolean =>
    names.some((name) => vendors.includes(name));

export const listsJobs = ({ listsJobs }: Scene): boolean => listsJobs;

/** Requests whose answers are lost, so that the list of jobs is asked. */
export function lostAnswers(draw: Draw): Fault {
  const first = draw.whole(2, 5);
  return {
    kind: 'reset-after',
    name: 'reset after it was accepted',
    match: { call: [...paid] },
    nth: [first, first + 2],
  };
}
