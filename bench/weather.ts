import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { alignColumns } from '../src/commands/text/table.ts';
import type { Fault } from '../src/simulator/index.ts';
import { readLedger } from './project-books.ts';
import { openStage, photogptPrices } from './stage.ts';

const help = `npm run weather -- [--shots 500] [--limit SECONDS] [--seed NAME] [--json]

Runs one batch twice, with the timeouts that an account has by default: in calm weather, and where a tenth
of all answers are 429, 5 % a 500, 5 % a broken connection and 3 % a page of HTML. Prints both times and
their ratio, which should be at most 2. --limit (900) ends a run that takes longer.`;

const { values } = parseArgs({
  options: {
    shots: { type: 'string', default: '500' },
    limit: { type: 'string', default: '900' },
    seed: { type: 'string', default: 'weather' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const batch = 'weather';
const jobMs = 300;
const inFlight = 8;
const ratioMax = 2;

/** Of the answers to all calls; what comes after acceptance leaves a paid request without a usable answer. */
const badWeather: readonly Fault[] = [
  { kind: 'rate-limit', probability: 0.1, retryAfter: 'seconds', seconds: 1 },
  { kind: 'error-after', status: 500, probability: 0.05 },
  { kind: 'reset-after', probability: 0.05 },
  { kind: 'html-after', probability: 0.03 },
];

interface Run {
  readonly seconds: number;
  readonly ended: boolean;
  readonly done: number;
  readonly parked: number;
  readonly failed: number;
  readonly accepted: number;
  readonly faults: Readonly<Record<string, number>>;
}

if (values.help) console.log(help);
else await compare();

async function compare(): Promise<void> {
  const shots = Number(values.shots);
  const calm = await measure(shots, []);
  const bad = await measure(shots, badWeather);
  const ratio = bad.seconds / calm.seconds;
  const isGood = calm.ended && bad.ended && ratio <= ratioMax;
  if (values.json) console.log(JSON.stringify({ shots, calm, bad, ratio, ratioMax }, null, 2));
  else print(shots, calm, bad);
  if (!isGood) process.exitCode = 1;
}

async function measure(shots: number, faults: readonly Fault[]): Promise<Run> {
  const stage = await openStage({
    simulator: {
      seed: values.seed,
      images: 'small',
      jobMs,
      credits: 100_000 + shots * 100,
      faults: [...faults],
    },
    accounts: { photogpt: { prices: photogptPrices, limits: { inFlight } } },
  });
  try {
    writeFileSync(join(stage.folder, `${batch}.yaml`), stringify(batchOf(shots)));
    const startedAt = performance.now();
    const run = stage.start('run.log', 'run', `${batch}.yaml`, '--yes');
    const limit = wait(Number(values.limit) * 1_000, 'late' as const, { ref: false });
    const ended = (await Promise.race([run.ended, limit])) !== 'late';
    const seconds = (performance.now() - startedAt) / 1_000;
    if (!ended) run.kill('SIGKILL');
    const ledger = await readLedger(stage.folder, batch);
    const count = (state: string): number =>
      ledger.shots.filter((shot) => shot.state === state).length;
    const { accepted, faults: struck } = await stage.book();
    return {
      seconds,
      ended,
      done: count('done'),
      parked: count('parked'),
      failed: count('failed'),
      accepted: accepted.length,
      faults: struck,
    };
  } finally {
    await stage.close();
  }
}

function batchOf(shots: number): object {
  const images = {
    rows: Array.from({ length: shots }, (_, id) => ({ id })),
    model: 'photogpt:nanobanana-pro',
    prompt: 'a landscape, number {{ id }}',
    name: '{{ id }}',
  };
  return { batch, policy: { maxFailures: 'none' }, steps: { images } };
}

function print(shots: number, calm: Run, bad: Run): void {
  const row = (name: string, of: (run: Run) => string | number): string[] => [
    name,
    `${of(calm)}`,
    `${of(bad)}`,
  ];
  const lines = alignColumns([
    [`${shots} shots, ${inFlight} in flight, ${jobMs} ms jobs`, 'calm', 'bad weather'],
    row('seconds', ({ seconds, ended }) => `${seconds.toFixed(1)}${ended ? '' : ' (not ended)'}`),
    row('done', ({ done }) => done),
    row('parked', ({ parked }) => parked),
    row('failed', ({ failed }) => failed),
    row('requests accepted', ({ accepted }) => accepted),
    row('faults', ({ faults }) => Object.values(faults).reduce((sum, each) => sum + each, 0)),
  ]);
  for (const line of lines) console.log(line);
  console.log(
    `\nratio ${(bad.seconds / calm.seconds).toFixed(2)}; the goal is ${ratioMax} at most`,
  );
}
