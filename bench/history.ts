import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { alignColumns } from '../src/commands/text/table.ts';
import { openSqliteLedger } from '../src/ledger/sqlite/index.ts';
import { ledgerPath } from './project-books.ts';
import { openStage, photogptPrices, type Stage } from './stage.ts';

const help = `npm run history -- [--images 100000] [--shots 2000] [--requests 300] [--limit SECONDS] [--json]

Starts a new batch twice: with an empty ledger, and with one that holds so many earlier images of the same
account. Prints the time from the start of the run until so many paid requests were accepted, which should
be 30 seconds at most. --limit (300) ends a run that takes longer.`;

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '100000' },
    shots: { type: 'string', default: '2000' },
    requests: { type: 'string', default: '300' },
    limit: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const batch = 'newest';
const goalSeconds = 30;

interface Start {
  /** From the start of the run. */
  readonly firstSeconds: number | null;
  /** The same, until all that were waited for; null: not in time. */
  readonly allSeconds: number | null;
  readonly accepted: number;
}

if (values.help) console.log(help);
else await compare();

async function compare(): Promise<void> {
  const images = Number(values.images);
  const empty = await measure(0);
  const full = await measure(images);
  const isGood = full.allSeconds !== null && full.allSeconds <= goalSeconds;
  if (values.json) console.log(JSON.stringify({ images, empty, full, goalSeconds }, null, 2));
  else print(images, empty, full);
  if (!isGood) process.exitCode = 1;
}

async function measure(images: number): Promise<Start> {
  const shots = Number(values.shots);
  const stage = await openStage({
    simulator: { images: 'small', jobMs: 300, credits: 100_000 + shots * 100 },
    accounts: { photogpt: { prices: photogptPrices, limits: { inFlight: 100 } } },
  });
  try {
    if (images > 0) await fill(stage, images);
    writeFileSync(join(stage.folder, `${batch}.yaml`), stringify(batchOf(shots)));
    return await untilAccepted(stage, Number(values.requests));
  } finally {
    await stage.close();
  }
}

function batchOf(shots: number): object {
  const images = {
    rows: Array.from({ length: shots }, (_, id) => ({ id })),
    model: 'photogpt:nanobanana-pro',
    prompt: 'a new image, number {{ id }}',
    name: '{{ id }}',
  };
  return { batch, steps: { images } };
}

async function untilAccepted(stage: Stage, wanted: number): Promise<Start> {
  const startedAt = performance.now();
  const run = stage.start('run.log', 'run', `${batch}.yaml`, '--yes');
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  let firstSeconds: number | null = null;
  let accepted = 0;
  while (run.isRunning && accepted < wanted && seconds() < Number(values.limit)) {
    await wait(50);
    accepted = (await stage.book()).accepted.length;
    if (accepted > 0) firstSeconds ??= seconds();
  }
  return { firstSeconds, allSeconds: accepted >= wanted ? seconds() : null, accepted };
}

/** Earlier images of the account, each with its shot, its job and its file, in one statement each. */
async function fill(stage: Stage, images: number): Promise<void> {
  const path = ledgerPath(stage.folder);
  mkdirSync(dirname(path), { recursive: true });
  await (await openSqliteLedger({ path })).close();
  const account = `photogpt@${new URL(stage.simulatorUrl).origin}`;
  const database = new DatabaseSync(path);
  const at = Date.now() - 86_400_000;
  const request = JSON.stringify({
    account: 'photogpt',
    model: 'nanobanana-pro',
    choice: { kind: 'public', id: 'nanobanana-pro' },
    prompt: 'an earlier image',
    options: {},
    references: [],
  });
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < :images)`;
  const all = { images, at, account, request };
  try {
    database.exec('pragma synchronous = off; begin immediate');
    const restoreTriggers = dropTriggers(database);
    insert(
      database,
      `insert into batch (name, run, state, frozen, owner_path, policy, steps, unknown_prices, started_at, ended_at)
       values ('earlier', 1, 'finished', 'f', '/earlier.yaml', '{}', '[]', 0, :at, :at)`,
      { at },
    );
    insert(
      database,
      `insert into run (batch, n, frozen, accepted, outcome, started_at, ended_at)
       values ('earlier', 1, 'f', '[]', 'finished', :at, :at)`,
      { at },
    );
    insert(
      database,
      `${numbers} insert into submission (id, op, account, fp, batch, run, key, attempt, state, price, unit,
         basis, reserved, spent, request, model, job, job_id, claimed_at, send_by, deadline_at, submitted_at,
         ended_at, worker)
       select 's' || i, 'generate', :account, 'fp' || i, 'earlier', 1, 'images/' || i, 1, 'succeeded', 10000,
         'credits', 'assumed', 0, 10000, :request, 'nanobanana-pro', '{"jobId":"j' || i || '"}', 'j' || i,
         :at + i, :at + i + 5000, :at + i + 65000, :at + i + 500, :at + i + 900, 'w' from n`,
      all,
    );
    insert(
      database,
      `${numbers} insert into shot (batch, key, step, name, folded, ordinal, take, account, fp, request, model,
         price, unit, basis, makes, written_model, variables, origin, run, submission, state, seq)
       select 'earlier', 'images/' || i, 'images', i, 'images/' || i, i, 1, :account, 'fp' || i, :request,
         'nanobanana-pro', 10000, 'credits', 'assumed', 'image', 'photogpt:nanobanana-pro', '{}', 'row ' || i, 1,
         's' || i, 'done', i from n`,
      { images, account, request },
    );
    insert(
      database,
      `${numbers} insert into output (submission, idx, state, remote, next_try_at, sha256, bytes, mime, width,
         height, saved_at)
       select 's' || i, 0, 'saved', 'null', 0, printf('%064x', i), 1000, 'image/jpeg', 64, 64, :at + i from n`,
      { images, at },
    );
    restoreTriggers();
    database.exec('commit');
  } finally {
    database.close();
  }
}

function insert(
  database: DatabaseSync,
  sql: string,
  values: Readonly<Record<string, string | number>>,
): void {
  database.prepare(sql).run(values);
}

/** Filling row by row through them would take minutes. @returns what makes them again, as they were */
function dropTriggers(database: DatabaseSync): () => void {
  const rows = database
    .prepare(`select name, sql from sqlite_master where type = 'trigger' and sql like '%insert%'`)
    .all();
  for (const { name } of rows) database.exec(`drop trigger ${String(name)}`);
  return () => {
    for (const { sql } of rows) database.exec(String(sql));
  };
}

function print(images: number, empty: Start, full: Start): void {
  const text = (seconds: number | null): string => seconds?.toFixed(1) ?? 'not in time';
  const lines = alignColumns([
    ['seconds from the start of the run', 'empty ledger', `${images} earlier images`],
    ['until the first paid request', text(empty.firstSeconds), text(full.firstSeconds)],
    [`until ${values.requests} paid requests`, text(empty.allSeconds), text(full.allSeconds)],
    ['requests accepted by then', `${empty.accepted}`, `${full.accepted}`],
  ]);
  for (const line of lines) console.log(line);
  console.log(`\nthe goal is ${goalSeconds} s at most, with the earlier images`);
}
