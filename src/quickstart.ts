import { join } from 'node:path';
import { main } from './cli.ts';
import { processTerminal } from './terminal.ts';
import { packageRoot } from './temporal/package-root.ts';
import { startSimulator } from './simulator/index.ts';

/**
 * The main use case without a key: runs the bundled batch against a vendor simulator in this process. The
 * simulator uses its usual port, so that the account stays the same between runs.
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
const file = join('batches', 'quickstart.yaml');
process.exitCode = await main(['run', file, '--yes'], terminal);
// The batch uses the first vendor of the simulator.
const [address] = settings;
if (process.exitCode === 0)
  console.error(
    `Run it again: nothing is left to pay, so it needs no simulator and no key:\n` +
      `  ${address?.join('=')} npx shotlist run ${file}`,
  );
await simulator.close();
