import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { alignColumns } from '../src/commands/text/table.ts';
import { loadConfig } from '../src/config/config.ts';
import { openSqliteLedger } from '../src/ledger/sqlite/index.ts';
import { packageRoot } from '../src/temporal/package-root.ts';
import { connectTemporal } from '../src/temporal/connect.ts';
import { useEmbeddedServer } from '../src/temporal/embedded.ts';
import { openStage, photogptPrices, type Stage } from './stage.ts';
import { type Usage, watchUsage } from './usage.ts';

const help = `npm run bench -- [--shots 2000] [--json]

Runs a batch of images through the command line, its worker and the embedded Temporal server, and the
same requests through a plain loop that remembers nothing, against one simulator with 200 ms jobs.`;

const { values } = parseArgs({
  options: {
    shots: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const inFlight = 200;
const pollMs = 200;
const batch = 'bench';

interface Measured {
  readonly shotsPerSecond: number;
  readonly cpuMsPerShot: number;
  readonly peakMegabytes: number;
  readonly seconds: number;
}
interface Durable extends Measured {
  readonly eventsPerShot: number;
  /** From the first request to the last file, without start, plan and contact sheet. */
  readonly shotsPerSecondAtWork: number;
}

if (values.help) console.log(help);
else await bench();

async function bench(): Promise<void> {
  const shots = Number(values.shots);
  if (!Number.isSafeInteger(shots) || shots < 1)
    throw new Error(`--shots takes a whole number from 1, not ${values.shots}`);
  const stage = await openStage({
    simulator: { images: 'small', jobMs: 200, credits: 100_000 + shots * 100 },
    accounts: {
      photogpt: {
        prices: photogptPrices,
        limits: { inFlight },
        timeouts: { pollFirstMs: pollMs, pollMs },
      },
    },
  });
  try {
    const durable = await measureDurable(stage, shots);
    const plain = await measurePlain(stage, shots);
    if (values.json) console.log(JSON.stringify({ shots, inFlight, durable, plain }, null, 2));
    else print(shots, durable, plain);
  } finally {
    await stage.close();
  }
}

async function measureDurable(stage: Stage, shots: number): Promise<Durable> {
  const rows = Array.from({ length: shots }, (_, id) => ({ id }));
  const images = {
    rows,
    model: 'photogpt:nanobanana-pro',
    prompt: 'durable, number {{ id }}',
    name: '{{ id }}',
  };
  writeFileSync(join(stage.folder, 'bench.yaml'), stringify({ batch, steps: { images } }));
  const config = loadConfig(stage.environment, stage.folder);
  // Joined here as well, so that the server outlives the run and its histories can be counted.
  const server = await useEmbeddedServer({
    stateDir: config.stateFolder,
    server: {
      searchPath: config.searchPath,
      cacheDir: config.cacheFolder,
      onProgress: console.error,
    },
    onProgress: console.error,
  });
  try {
    const run = stage.start('run.log', 'run', 'bench.yaml', '--yes');
    const pids = [run.pid, stage.server()?.pid ?? 0];
    const measured = await measure(shots, pids, run.ended);
    const eventsPerShot = (await countEvents(server.address)) / shots;
    return { ...measured, eventsPerShot, shotsPerSecondAtWork: await rateAtWork(config, shots) };
  } finally {
    await server.leave();
  }
}

async function measurePlain(stage: Stage, shots: number): Promise<Measured> {
  const folder = join(stage.folder, 'plain');
  const script = join(packageRoot(), 'bench', 'plain-loop.ts');
  const words = [`${stage.simulatorUrl}/photogpt`, folder, shots, inFlight, pollMs];
  const loop = spawn(process.execPath, [script, ...words.map(String)], { stdio: 'inherit' });
  const ended = once(loop, 'exit').then(([code]) => code as number | null);
  return await measure(shots, [loop.pid ?? 0], ended);
}

async function measure(
  shots: number,
  pids: readonly number[],
  ended: Promise<number | null>,
): Promise<Measured> {
  const startedAt = performance.now();
  const watch = watchUsage(pids);
  const code = await ended;
  const seconds = (performance.now() - startedAt) / 1_000;
  const usage: Usage = watch.stop();
  if (code !== 0) throw new Error(`it ended with ${code} and did not make its ${shots} images`);
  return {
    seconds,
    shotsPerSecond: shots / seconds,
    cpuMsPerShot: usage.cpuMs / shots,
    peakMegabytes: usage.peakBytes / 2 ** 20,
  };
}

/** History events of every workflow that the batch started. */
async function countEvents(address: string): Promise<number> {
  const temporal = await connectTemporal({ address, namespace: 'default' });
  try {
    let events = 0;
    for await (const { workflowId, runId } of temporal.client.workflow.list()) {
      const described = await temporal.client.workflow.getHandle(workflowId, runId).describe();
      events += described.historyLength;
    }
    return events;
  } finally {
    await temporal.close();
  }
}

async function rateAtWork({ ledgerPath }: { ledgerPath: string }, shots: number): Promise<number> {
  const ledger = await openSqliteLedger({ path: ledgerPath });
  try {
    let first = Infinity;
    let last = 0;
    for await (const { claimedAt } of ledger.reports.submissions(batch))
      first = Math.min(first, claimedAt);
    for await (const { outputs } of ledger.reports.shots(batch))
      for (const { savedAt } of outputs) last = Math.max(last, savedAt ?? 0);
    return shots / ((last - first) / 1_000);
  } finally {
    await ledger.close();
  }
}

function print(shots: number, durable: Durable, plain: Measured): void {
  const row = (name: string, one: number, other: number) => [
    name,
    one.toFixed(1),
    other.toFixed(1),
    (one / other).toFixed(2),
  ];
  const lines = alignColumns([
    [`${shots} shots, ${inFlight} in flight`, 'shotlist', 'plain loop', 'ratio'],
    row('seconds, start to exit', durable.seconds, plain.seconds),
    row('shots per second', durable.shotsPerSecond, plain.shotsPerSecond),
    row('  while at work', durable.shotsPerSecondAtWork, plain.shotsPerSecond),
    row('CPU ms per shot', durable.cpuMsPerShot, plain.cpuMsPerShot),
    row('peak memory, MB', durable.peakMegabytes, plain.peakMegabytes),
    ['history events per shot', durable.eventsPerShot.toFixed(3), '-', '-'],
  ]);
  for (const line of lines) console.log(line);
  console.log(
    `\nshotlist: the run with its worker, and the Temporal server. The ${cpus().length} cores of this ` +
      'machine are shared with the simulator, which is not counted.',
  );
}
