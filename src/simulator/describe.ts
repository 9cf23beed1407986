import type { Simulator } from './simulator.ts';

/** Lines for a person on how to connect Shotlist to this simulator. */
export function describeSimulator(simulator: Simulator): string[] {
  const exports = Object.entries(simulator.baseUrls).flatMap(([vendor, url]) => [
    `export ${vendor.toUpperCase()}_BASE_URL=${url}`,
    `export ${vendor.toUpperCase()}_API_KEY=demo`,
  ]);
  return [
    `The simulator listens at ${simulator.url}. Nothing here costs money.`,
    'In another terminal:',
    '',
    ...exports.map((line) => `  ${line}`),
    '',
    `What it accepted and charged: ${simulator.url}/_simulator/book`,
  ];
}
