import { randomBySeed } from '../random.ts';

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
