import type { Fault } from '../../src/simulator/index.ts';
import type { Draw } from './draw.ts';
import { account } from './kinds/account.ts';
import { clocks } from './kinds/clocks.ts';
import { files } from './kinds/files.ts';
import { gateways } from './kinds/gateways.ts';
import { jobs } from './kinds/jobs.ts';
import type { Kinds, Scene } from './kinds/kind.ts';
import { lists } from './kinds/lists.ts';
import { network } from './kinds/network.ts';
import { numbers } from './kinds/numbers.ts';
import { refusals } from './kinds/refusals.ts';

const kinds: Kinds = {
  ...network,
  ...refusals,
  ...account,
  ...gateways,
  ...lists,
  ...numbers,
  ...clocks,
  ...jobs,
  ...files,
};

export const faultKinds: readonly string[] = Object.keys(kinds);

/**
 * So many kinds, of those that can strike such a batch; `only` those whose names hold this text, and these
 * surely.
 */
export function drawFaults(draw: Draw, scene: Scene, kindsCount: number, only?: string): Fault[] {
  const possible = faultKinds.filter((name) => kinds[name]?.applies?.(scene) ?? true);
  const wanted =
    only === undefined
      ? draw.some(possible, kindsCount)
      : possible.filter((name) => name.includes(only));
  return wanted.flatMap((name) => faultsOf(name, draw, scene));
}

/** The faults of one kind. */
function faultsOf(name: string, draw: Draw, scene: Scene): Fault[] {
  const faults = [kinds[name]?.draw(draw, scene) ?? []].flat();
  return faults.map((fault) => ({ name, ...fault }));
}
