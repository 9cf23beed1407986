export { describeSimulator } from './describe.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator } from './simulator.ts';
export type { Fault } from './faults.ts';
export type { SimulatorSettings } from './settings.ts';
