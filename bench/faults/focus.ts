import type { Fault, SimulatorSettings } from '../../src/simulator/index.ts';
import type { Incident } from './draw-incidents.ts';
import type { Scene } from './kinds/kind.ts';

/** What is not left to chance, to look at one danger. */
export interface Focus {
  readonly vendors?: readonly string[];
  readonly scene?: Partial<Pick<Scene, 'trains' | 'videos' | 'vectors' | 'several'>>;
  readonly shots?: number;
  readonly capped?: boolean;
  readonly resubmits?: boolean;
  /** Jobs may take as long as they usually may, half an hour. */
  readonly isPatient?: boolean;
  readonly postMs?: number;
  /** Jobs alive at once at each account. */
  readonly inFlight?: number;
  /** Whether the accounts say how long links to outputs live. */
  readonly outputLifetime?: boolean;
  readonly revealing?: boolean;
  readonly simulator?: Partial<SimulatorSettings>;
  readonly shape?: 'alone' | 'company';
  readonly faults?: readonly Fault[];
  readonly incidents?: readonly Incident[];
  readonly plot?: string;
}
