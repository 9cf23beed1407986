import type { Fault, SimulatorSettings } from '../../src/simulator/index.ts';
import { randomBySeed } from '../random.ts';
import { drawBatch, type DrawnBatch } from './draw-batch.ts';
import { drawFaults } from './draw-faults.ts';
import { drawIncidents, type Incident } from './draw-incidents.ts';

/** Everything that one run of the campaign is, all of it drawn from its seed. */
export interface Scenario extends DrawnBatch {
  readonly seed: number;
  /** With a worker of its own beside the run, or with the run's own. */
  readonly shape: 'alone' | 'company';
  readonly simulator: Partial<SimulatorSettings>;
  readonly faults: readonly Fault[];
  readonly incidents: readonly Incident[];
}

/** What is not left to chance, to look at one danger. */
export interface Focus {
  readonly vendors?: readonly string[];
  readonly capped?: boolean;
  readonly revealing?: boolean;
  readonly shape?: Scenario['shape'];
  readonly faults?: readonly Fault[];
  readonly incidents?: readonly Incident[];
}

export function drawScenario(seed: number, focus: Focus = {}): Scenario {
  const draw = new Draw(seed);
  const batch = drawBatch(draw, focus);
  const shape = focus.shape ?? (draw.chance(0.4) ? 'company' : 'alone');
  return {
    seed,
    ...batch,
    shape,
    simulator: {
      seed: `faults-${seed}`,
      pictures: 'small',
      jobMs: draw.whole(50, 600),
      videoMs: 300,
      trainingMs: draw.whole(200, 1_200),
      downloadMs: 50,
      revealing: focus.revealing ?? draw.chance(0.7),
      listPageSize: draw.pick([3, 10, 50]),
      urlMs: draw.chance(0.2) ? draw.whole(300, 2_000) : 0,
    },
    faults: focus.faults ?? drawFaults(draw, batch.shots),
    incidents: focus.incidents ?? drawIncidents(draw, shape, batch.shots),
  };
}

/** Choices that a seed decides. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomBySeed(seed);
  }

  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** `count` of them, in a random order. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    const chosen: Item[] = [];
    while (chosen.length < count && rest.length > 0)
      chosen.push(...rest.splice(this.whole(0, rest.length - 1), 1));
    return chosen;
  }
}
