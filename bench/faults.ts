import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/temporal/package-root.ts';
import { type Mutant, mutants, plant } from './faults/mutants.ts';
import { runScenario, type RunReport } from './faults/run-scenario.ts';
import { drawScenario } from './faults/scenario.ts';
import { formatPage, formatTable, sumUp } from './faults/table.ts';

const help = `npm run faults -- --seed N --runs M [--parallel 2] [--results FILE] [--page FILE] [--json] [--keep]

Each run draws a batch, faults and kills from its seed, runs the real command line, worker, Temporal
server and ledger against the simulator, and compares four books: the simulator's, the ledger's, the
files and the receipt. Seeds are N, N+1, ... Results are kept run by run, so that the same command goes
on where it was stopped; --page writes them as docs/faults.md. A run that breaks a promise prints its seed: --seed THAT --runs 1 --keep shows it again.

npm run faults -- --mutants plants six bugs, one after the other, and says after how many runs each was found.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10' },
    parallel: { type: 'string', default: '2' },
    results: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string' },
    page: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** What is not finished by then counts as hung: holds after outages alone may add up to minutes. */
const limitMs = 300_000;

if (values.help) console.log(help);
else if (values.mutants) await huntMutants();
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
        limitMs,
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
  if (values.page) writeFileSync(values.page, formatPage(sum, commandLine()));
  if (mine.some(({ hung, broken }) => hung || broken.length > 0)) process.exitCode = 1;
}

/** What was typed, without the places of its files. */
function commandLine(): string {
  return `npm run faults -- --seed ${values.seed} --runs ${values.runs} --parallel ${values.parallel}`;
}

/** Each planted bug must turn the campaign red within twenty runs. */
async function huntMutants(): Promise<void> {
  const wanted = mutants.filter(({ name }) => name.includes(values.only ?? ''));
  for (const mutant of wanted) {
    const found = await hunt(mutant);
    console.log(`${mutant.name}: ${found ?? 'NOT FOUND'}`);
    if (found === undefined) process.exitCode = 1;
  }
}

async function hunt(mutant: Mutant): Promise<string | undefined> {
  const { program, remove } = plant(mutant);
  try {
    for (let run = 1; run <= 20; run += 1) {
      const scenario = drawScenario(Number(values.seed) + run - 1, mutant.focus);
      const report = await runScenario(scenario, { program, limitMs, keep: values.keep });
      const [first] = report.broken;
      if (first !== undefined) return `red in run ${run}: ${first}`;
    }
    return undefined;
  } finally {
    remove();
  }
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
