export { describeSimulator } from './describe.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator } from './simulator.ts';
export type { Fault, FaultKind } from './faults.ts';
export type { Call } from './calls.ts';
export { numberForms } from './numbers.ts';
export type { SimulatorSettings } from './settings.ts';
