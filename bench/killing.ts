import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type Findings, compare } from './promises.ts';
import { randomBySeed } from './random.ts';
import { type Command, openStage, photogptPrices, type Stage } from './stage.ts';

export interface KillOptions {
  readonly seed: number;
  readonly shots: number;
  readonly kills: number;
  /** Whether the vendor's list tells jobs apart. */
  readonly revealing: boolean;
  readonly say: (line: string) => void;
  /** For the whole run; what is not finished by then counts as broken. */
  readonly limitMs: number;
  /** Leaves the folder, with the logs of all processes, behind. */
  readonly keep?: boolean;
}

export interface KillReport extends Findings {
  readonly killed: Readonly<Record<Victim, number>>;
  /** Commands that ended by themselves before the batch was over, and were started again. */
  readonly endedEarly: number;
  readonly seconds: number;
  readonly folder: string;
}

const victims = ['run', 'worker', 'server'] as const;
type Victim = (typeof victims)[number];

const batch = 'kills';
const file = `${batch}.yaml`;
/** Kills fall between a request and its answer often enough only if that takes a while. */
const postDelayMs = 120;
const restartsMax = 20;

/**
 * Runs a batch with a separate worker beside it, kills the run, the worker and the Temporal server with
 * -9 at moments that the seed chooses, starts again what was killed, lets it end, and compares the
 * simulator's book with the ledger and the files.
 */
export async function runWithKills(options: KillOptions): Promise<KillReport> {
  const startedAt = Date.now();
  const stage = await openStage({
    simulator: {
      images: 'small',
      jobMs: 800,
      trainingMs: 1_500,
      revealing: options.revealing,
      faults: [
        {
          kind: 'slow',
          ms: postDelayMs,
          match: { method: 'POST', path: '/(generation|upscaling)$' },
        },
      ],
    },
    accounts: {
      photogpt: {
        prices: photogptPrices,
        limits: { inFlight: 16 },
        timeouts: {
          postMs: 2_500,
          imageJobMs: 8_000,
          trainingMs: 60_000,
          pollFirstMs: 300,
          pollMs: 300,
          trainingPollMs: 300,
        },
      },
    },
  });
  let isBroken = true;
  try {
    writeFileSync(join(stage.folder, file), stringify(batchOf(options.shots)));
    const company = new Company(stage, options, startedAt + options.limitMs);
    await company.killAtRandom();
    await company.finish();
    const findings = await compare(stage, batch, options);
    isBroken = findings.broken.length > 0;
    const { killed, endedEarly } = company;
    const seconds = (Date.now() - startedAt) / 1_000;
    return { ...findings, killed, endedEarly, seconds, folder: stage.folder };
  } finally {
    await stage.close({ keep: options.keep === true || isBroken });
    if (isBroken) options.say(`the folder is kept, with its logs: ${stage.folder}`);
  }
}

/** Half by a model that is trained first, three tenths by a public one, the rest upscales of some of these. */
function batchOf(shots: number): object {
  const sources = Math.round(shots * 0.2);
  const portraits = Math.round(shots * 0.5);
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => ({ id: index }));
  const anna = { images: 'training/anna/*', name: 'Anna', gender: 'Female', age: 29 };
  return {
    batch,
    models: { anna: { train: { account: 'photogpt', ...anna } } },
    policy: { maxFailures: 'none' },
    steps: {
      portraits: {
        rows: numbers(portraits),
        model: 'anna',
        prompt: 'Anna, look {{ id }}',
        name: 'portrait {{ id }}',
      },
      still: {
        rows: numbers(sources),
        model: 'photogpt:nanobanana-pro',
        prompt: 'a still life, number {{ id }}',
        name: 'still {{ id }}',
      },
      scenes: {
        rows: numbers(shots - portraits - 2 * sources),
        model: 'photogpt:nanobanana-pro',
        prompt: 'a scene, number {{ id }}',
        name: 'scene {{ id }}',
      },
      finals: { from: 'still', model: 'photogpt:upscale' },
    },
  };
}

/** The processes of one run, and who of them dies when. */
class Company {
  readonly killed: Record<Victim, number> = { run: 0, worker: 0, server: 0 };
  endedEarly = 0;
  readonly #stage: Stage;
  readonly #options: KillOptions;
  readonly #deadline: number;
  readonly #random: () => number;
  #run: Command;
  #worker: Command;

  constructor(stage: Stage, options: KillOptions, deadline: number) {
    this.#stage = stage;
    this.#options = options;
    this.#deadline = deadline;
    this.#random = randomBySeed(options.seed);
    this.#run = this.#startRun();
    this.#worker = this.#startWorker();
  }

  /** The moments are spread over the batch by what the simulator accepted, plus a random while. */
  async killAtRandom(): Promise<void> {
    const { shots, kills } = this.#options;
    const moments = Array.from({ length: kills }, () => Math.floor(this.#random() * shots * 0.95));
    moments.sort((one, other) => one - other);
    const order = shuffled(
      moments.map((_, index) => victims[index % victims.length] ?? 'run'),
      this.#random,
    );
    for (const [index, accepted] of moments.entries()) {
      await this.#untilAccepted(accepted);
      await wait(this.#random() * 600);
      await this.#kill(order[index] ?? 'run', accepted);
    }
  }

  async finish(): Promise<void> {
    for (;;) {
      const code = await this.#within(this.#run.ended, 'the last run does not end');
      if (code === 0 || code === 3) break;
      this.#again(`the run ended with ${code}`);
      this.#run = this.#startRun();
    }
    this.#worker.kill('SIGTERM');
    await this.#within(this.#worker.ended, 'the worker does not stop');
  }

  async #untilAccepted(count: number): Promise<void> {
    for (;;) {
      this.#keepRunning();
      if ((await this.#stage.book()).accepted.length >= count) return;
      if (Date.now() > this.#deadline) throw this.#late(`${count} accepted requests never came`);
      await wait(50);
    }
  }

  async #kill(victim: Victim, accepted: number): Promise<void> {
    this.#keepRunning();
    if (victim === 'server') {
      const server = await this.#someServer();
      process.kill(server, 'SIGKILL');
    } else {
      const command = victim === 'run' ? this.#run : this.#worker;
      command.kill('SIGKILL');
      await command.ended;
    }
    this.killed[victim] += 1;
    this.#options.say(`killed the ${victim}, after ${accepted} accepted requests`);
    this.#keepRunning(victim);
  }

  async #someServer(): Promise<number> {
    for (;;) {
      const record = this.#stage.server();
      if (record) return record.pid;
      this.#keepRunning();
      if (Date.now() > this.#deadline) throw this.#late('no Temporal server comes up');
      await wait(25);
    }
  }

  /** Starts again what is down; what was not killed just now ended by itself. */
  #keepRunning(killed?: Victim): void {
    if (!this.#run.isRunning) {
      if (killed !== 'run') this.#again('a run ended by itself');
      this.#run = this.#startRun();
    }
    if (!this.#worker.isRunning) {
      if (killed !== 'worker') this.#again('a worker ended by itself');
      this.#worker = this.#startWorker();
    }
  }

  #again(what: string): void {
    this.endedEarly += 1;
    this.#options.say(what);
    if (this.endedEarly > restartsMax) throw this.#late(`${what}, once too often`);
  }

  #startRun(): Command {
    return this.#stage.start('run.log', 'run', file, '--yes');
  }

  #startWorker(): Command {
    return this.#stage.start('worker.log', 'worker');
  }

  async #within<T>(work: Promise<T>, otherwise: string): Promise<T> {
    const done = new AbortController();
    const limit = wait(Math.max(0, this.#deadline - Date.now()), undefined, {
      signal: done.signal,
    }).then(
      () => {
        throw this.#late(otherwise);
      },
      () => new Promise<never>(() => {}),
    );
    try {
      return await Promise.race([work, limit]);
    } finally {
      done.abort();
    }
  }

  #late(what: string): Error {
    return new Error(`${what} (logs: ${join(this.#stage.folder, 'logs')})`);
  }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
