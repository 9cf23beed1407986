import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/temporal/package-root.ts';
import { runScenario, type RunReport } from './faults/run-scenario.ts';
import { drawScenario } from './faults/scenario.ts';
import { formatTable, sumUp } from './faults/table.ts';

const help = `npm run faults -- --seed N --runs M [--parallel 2] [--results FILE] [--json] [--keep]

Each run draws a batch, faults and kills from its seed, runs the real command line, worker, Temporal
server and ledger against the simulator, and compares four books: the simulator's, the ledger's, the
files and the receipt. Seeds are N, N+1, ... Results are kept run by run, so that the same command goes
on where it was stopped. A run that breaks a promise prints its seed: --seed THAT --runs 1 --keep shows it again.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10' },
    parallel: { type: 'string', default: '2' },
    results: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else await campaign();

async function campaign(): Promise<void> {
  const first = Number(values.seed);
  const seeds = Array.from({ length: Number(values.runs) }, (_, index) => first + index);
  const reports = values.results ? readResults(values.results) : [];
  const known = new Set(reports.map(({ seed }) => seed));
  const left = seeds.filter((seed) => !known.has(seed)).values();
  const work = async (): Promise<void> => {
    for (const seed of left) {
      const report = await runScenario(drawScenario(seed), {
        program: packageRoot(),
        limitMs: 90_000,
        keep: values.keep,
      });
      reports.push(report);
      if (values.results) keep(values.results, report);
      say(report);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, work));
  const mine = reports.filter(({ seed }) => seeds.includes(seed));
  const sum = sumUp(mine);
  console.log(values.json ? JSON.stringify(sum, null, 2) : formatTable(sum));
  if (mine.some(({ hung, broken }) => hung || broken.length > 0)) process.exitCode = 1;
}

function say({
  seed,
  shots,
  done,
  parked,
  failed,
  injected,
  seconds,
  hung,
  broken,
  folder,
}: RunReport): void {
  const faults = Object.values(injected).reduce((sum, count) => sum + count, 0);
  const counts = `${done} done, ${parked} parked, ${failed} failed of ${shots}`;
  console.error(`seed ${seed}: ${counts}; ${faults} faults; ${seconds.toFixed(1)} s`);
  if (hung) console.error(`  seed ${seed} did not end`);
  for (const each of broken) console.error(`  seed ${seed} broke a promise: ${each}`);
  if (folder && values.keep) console.error(`  its folder: ${folder}`);
}

function readResults(file: string): RunReport[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as RunReport);
}

function keep(file: string, report: RunReport): void {
  mkdirSync(dirname(join(process.cwd(), file)), { recursive: true });
  appendFileSync(file, `${JSON.stringify(report)}\n`);
}
