import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { packageRoot } from '../../src/temporal/package-root.ts';
import { ledgerPath } from '../project-books.ts';
import { type Command, openStage, type Stage } from '../stage.ts';
import { compareBooks, type Books } from './compare-books.ts';
import type { Incident } from './draw-incidents.ts';
import type { Scenario } from './scenario.ts';

export interface RunReport extends Books {
  readonly seed: number;
  /** Injected by the simulator, and done to our own processes, by kind. */
  readonly injected: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly hung: boolean;
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Left only when something is wrong. */
  readonly folder: string | null;
}

export interface RunOptions {
  /** Root of the program that is run; a mutant's is another. */
  readonly program: string;
  readonly limitMs: number;
  readonly keep: boolean;
}

const batch = 'campaign';
const file = `${batch}.yaml`;
const hook = fileURLToPath(new URL('./hook.ts', import.meta.url));

/** Runs one scenario through the real command line to its end, and compares the four books. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunReport> {
  const startedAt = Date.now();
  const stage = await openStage({
    program: options.program,
    simulator: { ...scenario.simulator, faults: [...scenario.faults] },
    accounts: scenario.accounts,
  });
  let wrong = true;
  try {
    const pictures = join(packageRoot(), 'batches', 'training', 'anna');
    const [picture = ''] = readdirSync(pictures).toSorted();
    cpSync(join(pictures, picture), join(stage.folder, 'product.jpg'));
    writeFileSync(join(stage.folder, file), stringify(scenario.document));
    const company = new Company(stage, scenario, startedAt + options.limitMs);
    const hung = await company.runToTheEnd();
    const books = await compareBooks(stage, scenario);
    const injected = { ...(await stage.book()).faults, ...company.done };
    wrong = hung || books.broken.length > 0;
    return {
      ...books,
      seed: scenario.seed,
      injected,
      kills: company.kills,
      hung,
      seconds: (Date.now() - startedAt) / 1_000,
      startedAt,
      folder: wrong ? stage.folder : null,
    };
  } finally {
    await stage.close({ keep: options.keep && wrong });
  }
}

/** The processes of one run, what befalls them, and the person who starts them again. */
class Company {
  readonly done: Record<string, number> = {};
  kills = 0;
  readonly #stage: Stage;
  readonly #scenario: Scenario;
  readonly #deadline: number;
  readonly #pending: Incident[];
  #run: Command | undefined;
  #worker: Command | undefined;
  #blowsAreOut = false;
  #acceptedAtRest: number | undefined;

  constructor(stage: Stage, scenario: Scenario, deadline: number) {
    this.#stage = stage;
    this.#scenario = scenario;
    this.#deadline = deadline;
    this.#pending = scenario.incidents.filter(({ kind }) => !isBlow(kind));
  }

  /** @returns whether it did not end in time */
  async runToTheEnd(): Promise<boolean> {
    for (;;) {
      if (Date.now() > this.#deadline) return true;
      this.#keepWorker();
      const code = await this.#oneRun();
      if (code === 'late') return true;
      if (code === 2) throw new Error(`seed ${this.#scenario.seed}: the drawn batch is wrong`);
      if (code === 0 || code === 3) break;
      if (code === 4 && this.#scenario.capped && (await this.#hasComeToRest())) break;
      // 4: an account was shut, and a person has mended it. 1: something was down. Null: it was killed.
      if (code === 4) await this.#stage.start('resume.log', 'resume', batch).ended;
      await wait(50);
    }
    if (this.#worker?.isRunning) {
      this.#worker.kill('SIGTERM');
      await Promise.race([this.#worker.ended, wait(10_000)]);
      // What the worker alone has saved since is not in out/ yet.
      if (this.#scenario.capped) await this.#startRun(false).ended;
    }
    return false;
  }

  /** A batch with a cap ends in the middle: when running it again brings no more requests. */
  async #hasComeToRest(): Promise<boolean> {
    const before = this.#acceptedAtRest;
    this.#acceptedAtRest = (await this.#stage.book()).accepted.length;
    return before === this.#acceptedAtRest;
  }

  async #oneRun(): Promise<number | null | 'late'> {
    const withHook = this.#scenario.shape === 'alone';
    this.#run = this.#startRun(withHook);
    const { ended } = this.#run;
    for (;;) {
      if (Date.now() > this.#deadline) return 'late';
      this.#keepWorker();
      await this.#befall();
      const code = await Promise.race([ended, wait(60, 'runs' as const)]);
      if (code === 'runs') continue;
      if (this.#rival) await Promise.race([this.#rival.ended, wait(this.#deadline - Date.now())]);
      return code;
    }
  }

  #keepWorker(): void {
    if (this.#scenario.shape !== 'company' || this.#worker?.isRunning) return;
    this.#worker = this.#start('worker.log', true, 'worker');
  }

  /** Blows go to the first process that can have them; one that was started again is spared. */
  #start(log: string, withHook: boolean, ...words: string[]): Command {
    const blows = withHook && !this.#blowsAreOut;
    if (blows) this.#blowsAreOut = true;
    const own = this.#scenario.incidents.filter(({ kind }) => isBlow(kind));
    const settings = {
      NODE_OPTIONS: `--import=${hook}`,
      SHOTLIST_CLOCK: join(this.#stage.folder, 'logs', 'clock'),
      SHOTLIST_BLOWS: JSON.stringify(blows ? own : []),
    };
    const command = this.#stage.startWith(settings, log, ...words);
    if (blows) this.#watchBlows(command, own);
    return command;
  }

  #watchBlows(command: Command, blows: readonly Incident[]): void {
    const suspend = blows.find((blow) => blow.kind === 'suspend');
    for (const { kind } of blows) if (kind === 'clock') this.#count('clock stepped');
    if (suspend?.kind === 'suspend') void this.#wake(command, suspend.ms);
    void command.ended.then((code) => {
      const dies = blows.some(({ kind }) => kind === 'die-at');
      if (code === null && dies && !this.#killedByUs.has(command)) {
        this.kills += 1;
        this.#count('killed at a named moment');
      }
    });
  }

  readonly #killedByUs = new Set<Command>();
  #rival: Command | undefined;

  #startRun(withHook: boolean): Command {
    return this.#start('run.log', withHook, 'run', file, '--yes', '--unknown-prices');
  }

  async #wake(command: Command, ms: number): Promise<void> {
    while (command.isRunning) {
      if (command.isStopped()) {
        this.#count('suspended');
        // A person sees that nothing moves, and starts another.
        if (this.#scenario.shape === 'alone') this.#rival = this.#startRun(false);
        await wait(ms);
        command.kill('SIGCONT');
        return;
      }
      await wait(50);
    }
  }

  async #befall(): Promise<void> {
    const [next] = this.#pending;
    if (!next || isBlow(next.kind) || !('accepted' in next)) return;
    if ((await this.#stage.book()).accepted.length < next.accepted) return;
    if (next.kind === 'ledger-locked' && !existsSync(ledgerPath(this.#stage.folder))) return;
    this.#pending.shift();
    switch (next.kind) {
      case 'kill':
        return await this.#kill(next.victim);
      case 'ledger-locked':
        return await this.#lockLedger(next.ms);
      case 'disk-full':
        return await this.#fillDisk(next.ms);
    }
  }

  async #kill(victim: 'run' | 'worker' | 'server'): Promise<void> {
    const command = victim === 'worker' ? this.#worker : this.#run;
    if (victim === 'server') {
      const server = this.#stage.server();
      if (!server) return;
      process.kill(server.pid, 'SIGKILL');
    } else {
      if (!command?.isRunning) return;
      this.#killedByUs.add(command);
      command.kill('SIGKILL');
      await command.ended;
    }
    this.kills += 1;
    this.#count(`killed the ${victim}`);
  }

  async #lockLedger(ms: number): Promise<void> {
    const ledger = new DatabaseSync(ledgerPath(this.#stage.folder));
    try {
      ledger.exec('pragma busy_timeout = 2000; begin immediate');
      await wait(ms);
      ledger.exec('rollback');
      this.#count('ledger locked');
    } catch {
      // The lock was not to be had in time: nothing befell.
    } finally {
      ledger.close();
    }
  }

  /** What writes files may not make any larger, as on a full disk. */
  async #fillDisk(ms: number): Promise<void> {
    const victim = this.#scenario.shape === 'company' ? this.#worker : this.#run;
    if (!victim?.isRunning) return;
    const limit = (size: string): void => {
      try {
        execFileSync('prlimit', ['--pid', String(victim.pid), `--fsize=${size}:unlimited`], {
          stdio: 'ignore',
        });
      } catch {
        // It has ended meanwhile.
      }
    };
    limit('4096');
    await wait(ms);
    limit('unlimited');
    this.#count('disk full');
  }

  #count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }
}

function isBlow(kind: Incident['kind']): boolean {
  return kind === 'die-at' || kind === 'suspend' || kind === 'clock';
}
