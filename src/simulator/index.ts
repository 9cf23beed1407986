export { describeSimulator } from './describe.ts';
export { startSimulator } from './simulator.ts';
export type { Simulator } from './simulator.ts';
export type { AcceptedRequest, Book } from './book.ts';
export type { Fault, FaultKind } from './faults.ts';
export type { SimulatorSettings } from './settings.ts';
