import { join } from 'node:path';
import { main } from './cli.ts';
import { processTerminal } from './commands/terminal.ts';
import { packageRoot } from './temporal/package-root.ts';
import { startSimulator } from './simulator/index.ts';

/**
 * The main job without a key: a simulator of the vendors in this process, on its usual port so that the
 * account stays the same from one time to the next, and the bundled batch run against it.
 */
const folder = packageRoot();
const simulator = await startSimulator().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const settings = Object.entries(simulator.baseUrls).flatMap(([vendor, url]) => [
  [`${vendor.toUpperCase()}_BASE_URL`, url],
  [`${vendor.toUpperCase()}_API_KEY`, 'demo'],
]);
const terminal = {
  ...processTerminal(),
  folder,
  environment: { ...process.env, ...Object.fromEntries(settings) },
};
process.exitCode = await main(['run', join('batches', 'quickstart.yaml'), '--yes'], terminal);
await simulator.close();
