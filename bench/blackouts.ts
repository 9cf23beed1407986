import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { packageRoot } from '../src/temporal/package-root.ts';
import { readLedger } from './project-books.ts';
import { randomBySeed } from './random.ts';
import { type Command, openStage, photogptPrices, type Stage } from './stage.ts';

const help = `npm run blackouts -- [--seed N] [--shots 60] [--times 4] [--limit SECONDS] [--revealing] [--json] [--keep]

Runs a batch over four vendors, with the timeouts that accounts have by default. Four times everything that
is ours is killed with -9 at once, as in a blackout: the run, a worker beside it and the Temporal server.
Then it goes on to its end, with what nobody can report apart parked. From the last start that should take
150 seconds at most. --revealing: the vendors' lists report what was asked for. --limit (900) ends a run
that takes longer.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    shots: { type: 'string', default: '60' },
    times: { type: 'string', default: '4' },
    limit: { type: 'string', default: '900' },
    revealing: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const batch = 'blackouts';
const file = `${batch}.yaml`;
const goalSeconds = 150;
/** Blackouts fall between a request and its answer often enough only if that takes a while. */
const postDelayMs = 400;

interface Report {
  readonly secondsFromLastStart: number;
  readonly ended: boolean;
  readonly shots: number;
  readonly states: Readonly<Record<string, number>>;
  readonly parkedFor: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly acceptedTwice: number;
}

if (values.help) console.log(help);
else await measure();

async function measure(): Promise<void> {
  const stage = await openStage({
    simulator: {
      seed: `blackouts-${values.seed}`,
      images: 'small',
      jobMs: 800,
      revealing: values.revealing,
      faults: [
        { kind: 'slow', ms: postDelayMs, match: { call: ['generate', 'upscale', 'video'] } },
      ],
    },
    accounts: { photogpt: { prices: photogptPrices } },
  });
  try {
    furnish(stage, Number(values.shots));
    const report = await darkenAndEnd(stage);
    if (values.json) console.log(JSON.stringify({ ...report, goalSeconds }, null, 2));
    else print(report);
    const isGood = report.ended && report.secondsFromLastStart <= goalSeconds;
    if (!isGood || report.acceptedTwice > 0) process.exitCode = 1;
  } finally {
    await stage.close({ keep: values.keep });
    if (values.keep) console.error(`its folder: ${stage.folder}`);
  }
}

function furnish(stage: Stage, shots: number): void {
  const images = join(packageRoot(), 'batches', 'training', 'anna');
  const [image = ''] = readdirSync(images).toSorted();
  cpSync(join(images, image), join(stage.folder, 'product.jpg'));
  const rows = Array.from({ length: Math.round(shots / 4) }, (_, id) => ({ id }));
  const step = (model: string, what: string, more: object = {}): object => ({
    rows,
    model,
    prompt: `${what}, number {{ id }}`,
    name: `${what} {{ id }}`,
    ...more,
  });
  const document = {
    batch,
    policy: { maxFailures: 'none' },
    steps: {
      stills: step('photogpt:nanobanana-pro', 'a still life'),
      packshots: step('productai:nanobanana', 'a shelf', { references: 'product.jpg' }),
      posters: step('wonda:nano-banana-2', 'a poster'),
      adverts: step('gptimage2api:gpt-image-2', 'an advert'),
    },
  };
  writeFileSync(join(stage.folder, file), stringify(document));
}

async function darkenAndEnd(stage: Stage): Promise<Report> {
  const random = randomBySeed(Number(values.seed));
  const deadline = Date.now() + Number(values.limit) * 1_000;
  const times = Number(values.times);
  let ours = start(stage);
  for (let time = 1; time <= times; time += 1) {
    const accepted = Math.floor((time / (times + 1)) * Number(values.shots));
    while ((await stage.book()).accepted.length < accepted && Date.now() < deadline) await wait(20);
    await wait(random() * postDelayMs);
    const server = stage.server();
    if (server) process.kill(server.pid, 'SIGKILL');
    for (const command of ours) command.kill('SIGKILL');
    await Promise.all(ours.map(({ ended }) => ended));
    console.error(`blackout ${time} of ${times}, after ${accepted} accepted requests`);
    ours = start(stage);
  }
  const startedAt = performance.now();
  const ended = await untilEnded(stage, ours, deadline);
  const secondsFromLastStart = (performance.now() - startedAt) / 1_000;
  return { ...(await reportOf(stage)), secondsFromLastStart, ended };
}

function start(stage: Stage): [Command, Command] {
  const run = stage.start('run.log', 'run', file, '--yes', '--unknown-prices');
  return [run, stage.start('worker.log', 'worker')];
}

/** A run that ends because something was down is started again. */
async function untilEnded(
  stage: Stage,
  [first, worker]: [Command, Command],
  deadline: number,
): Promise<boolean> {
  for (let run = first; ;) {
    const left = wait(Math.max(0, deadline - Date.now()), 'late' as const, { ref: false });
    const code = await Promise.race([run.ended, left]);
    if (code === 'late') return false;
    if (code === 0 || code === 3) break;
    run = stage.start('run.log', 'run', file, '--yes', '--unknown-prices');
  }
  worker.kill('SIGTERM');
  return true;
}

async function reportOf(stage: Stage): Promise<Omit<Report, 'secondsFromLastStart' | 'ended'>> {
  const { shots } = await readLedger(stage.folder, batch);
  const { accepted } = await stage.book();
  const asked = Map.groupBy(accepted, ({ vendor, requestSha }) => `${vendor} ${requestSha}`);
  return {
    shots: shots.length,
    states: counted(shots.map(({ state }) => state)),
    parkedFor: counted(
      shots
        .filter(({ state }) => state === 'parked')
        .map(({ why, account }) => `${account.split('@')[0]}: ${why}`),
    ),
    accepted: accepted.length,
    acceptedTwice: [...asked.values()].filter((group) => group.length > 1).length,
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function print(report: Report): void {
  const { secondsFromLastStart, ended, shots, states, parkedFor, accepted, acceptedTwice } = report;
  const seconds = `${secondsFromLastStart.toFixed(1)} s from the last start`;
  console.log(`${ended ? 'ended' : 'NOT ENDED'} ${seconds}; the goal is ${goalSeconds} s at most`);
  const text = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  console.log(`${shots} shots: ${text.join(', ')}`);
  console.log(`${accepted} requests accepted, ${acceptedTwice} of them twice`);
  for (const [reason, count] of Object.entries(parkedFor))
    console.log(`${count} parked: ${reason}`);
}
