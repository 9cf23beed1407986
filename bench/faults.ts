import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/temporal/package-root.ts';
import { focusesNamed } from './faults/focuses.ts';
import { mutants } from './faults/mutants/list.ts';
import { type Mutant, plant } from './faults/mutants/plant.ts';
import { formatPage } from './faults/page.ts';
import { Progress } from './faults/progress.ts';
import { runScenario, type RunReport } from './faults/run-scenario.ts';
import { drawScenario, type Scenario } from './faults/scenario.ts';
import { formatTable, sumUp } from './faults/table.ts';

const help = `npm run faults -- --seed N --runs M [--parallel 2] [--only NAME | --focus NAME] [--limit SECONDS]
                  [--results FILE] [--page FILE] [--json] [--keep]

Each run draws a batch, faults and incidents from its seed, runs the real command line, worker, Temporal
server and ledger against the simulator, and compares four books: the simulator's, the ledger's, the
files and the receipt. Seeds are N, N+1, ... Results are kept run by run, so that the same command goes
on where it was stopped; --page writes them as docs/faults.md. A run that breaks a promise prints its seed: --seed THAT --runs 1 --keep shows it again.

--only NAME draws the faults, incidents and plots whose names hold this text, and nothing else.
--focus NAME takes what is fixed for a known danger, such as P1 or "P4 files"; see bench/faults/focuses.ts.
--limit says after how many seconds a run has hung (420). --program FOLDER runs the program of another checkout.

npm run faults -- --mutants [--only NAME] plants known bugs, one after the other, and says after how many runs each was found.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10' },
    parallel: { type: 'string', default: '2' },
    limit: { type: 'string', default: '420' },
    results: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string' },
    focus: { type: 'string' },
    page: { type: 'string' },
    program: { type: 'string', default: packageRoot() },
    help: { type: 'boolean', default: false },
  },
});

/** What is not finished by then counts as hung: a promised refund alone is waited for five minutes. */
const limitMs = whole('limit') * 1_000;
/** A planted bug must turn the campaign red within so many runs. */
const huntRuns = 20;

if (values.help) console.log(help);
else if (values.mutants) await huntMutants();
else await campaign();

async function campaign(): Promise<void> {
  const first = whole('seed');
  const seeds = Array.from({ length: whole('runs') }, (_, index) => first + index);
  const reports = values.results ? readResults(values.results) : [];
  const known = new Set(reports.map(({ seed }) => seed));
  const left = seeds.filter((seed) => !known.has(seed));
  const progress = new Progress(left.length);
  const queue = left.values();
  const work = async (): Promise<void> => {
    for (const seed of queue) {
      const report = await runScenario(scenarioOf(seed), {
        program: values.program,
        limitMs,
        keep: values.keep,
      });
      reports.push(report);
      if (values.results) keep(values.results, report);
      progress.add(report);
    }
  };
  await Promise.all(Array.from({ length: whole('parallel') }, work));
  const mine = reports.filter(({ seed }) => seeds.includes(seed));
  const sum = sumUp(mine);
  console.log(values.json ? JSON.stringify(sum, null, 2) : formatTable(sum));
  if (values.page) writeFileSync(values.page, formatPage(sum, commandLine()));
  if (mine.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

/** With several focuses of the name, one after the other. */
function scenarioOf(seed: number): Scenario {
  if (values.focus === undefined) return drawScenario(seed, {}, values.only);
  const found = focusesNamed(values.focus);
  const [, focus] = found[(seed - whole('seed')) % found.length] ?? [];
  if (!focus) throw new Error(`no focus is named ${values.focus}`);
  return drawScenario(seed, focus, values.only);
}

/** What was typed, without the places of its files. */
function commandLine(): string {
  return `npm run faults -- --seed ${values.seed} --runs ${values.runs} --parallel ${values.parallel}`;
}

async function huntMutants(): Promise<void> {
  const wanted = mutants.filter(({ name }) => name.includes(values.only ?? ''));
  const found: Record<string, string | null> = {};
  for (const mutant of wanted) {
    found[mutant.name] = (await hunt(mutant)) ?? null;
    console.error(`${mutant.name}: ${found[mutant.name] ?? 'NOT FOUND'}`);
    if (found[mutant.name] === null) process.exitCode = 1;
  }
  if (values.json) console.log(JSON.stringify(found, null, 2));
}

async function hunt(mutant: Mutant): Promise<string | undefined> {
  const { program, remove } = plant(mutant);
  try {
    for (let run = 1; run <= huntRuns; run += 1) {
      const scenario = drawScenario(whole('seed') + run - 1, mutant.focus);
      const report = await runScenario(scenario, { program, limitMs, keep: values.keep });
      const [first] = report.broken;
      if (first !== undefined) return `red in run ${run}: ${first}`;
    }
    return undefined;
  } finally {
    remove();
  }
}

function whole(name: 'seed' | 'runs' | 'parallel' | 'limit'): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} takes a whole number, not ${values[name]}`);
  return number;
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
