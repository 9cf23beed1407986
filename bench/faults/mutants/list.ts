import type { Mutant } from './plant.ts';
import { promises } from './promises.ts';
import { reported } from './reported.ts';

/** In the order in which they are hunted. */
export const mutants: readonly Mutant[] = [...promises, ...reported];
