import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { refundWaitMs } from '../../src/ledger/rules/refunds.ts';
import { ledgerPath } from '../project-books.ts';
import type { Command, Stage } from '../stage.ts';
import { Clock } from './clock.ts';
import { batch, batchFile, type Crew, type Ending } from './crew.ts';
import { type Blow, type Incident, isBlow, nameOf, type When } from './draw-incidents.ts';
import { befall } from './mishaps.ts';
import type { Scenario } from './scenario.ts';

const hook = fileURLToPath(new URL('./hook.ts', import.meta.url));

/** A batch that ends so often with one code, and nothing happens to it and nothing is sent, will not end otherwise. */
const failuresMax = 12;
/** The longest paid request that is drawn takes not much longer than a minute. */
const endLimitMs = 120_000;
/** Of somebody who is not patient. */
const secondSignalMs = 300;
const naming = nameOf({ kind: 'person', when: 'ended' });
/** Whoever is told to wait longer goes home. */
const patienceMs = 60_000;
/** Nothing was sent and nothing has ended for so long. */
const restMs = 20_000;

/** The processes of one run, what befalls them, and the person who starts them again. */
export class Company implements Crew {
  /** What befell them, by name. */
  readonly done: Record<string, number> = {};
  readonly endings: Ending[] = [];
  /** Processes that died by -9. */
  kills = 0;
  readonly program: string;
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly clock: Clock;
  /** Variables that a change of settings has set. */
  environment: Record<string, string> = {};
  undo: (() => void) | undefined;
  run: Command | undefined;
  worker: Command | undefined;
  readonly #deadline: number;
  readonly #pending: Incident[];
  readonly #killedByUs = new Set<Command>();
  #background: Promise<unknown>[] = [];
  #secondRun: Command | undefined;
  #blowsAreOut = false;
  #acceptedAtRest: number | undefined;

  constructor(stage: Stage, scenario: Scenario, options: { program: string; deadline: number }) {
    this.stage = stage;
    this.scenario = scenario;
    this.clock = new Clock(join(stage.folder, 'logs', 'clock'));
    this.program = options.program;
    this.#deadline = options.deadline;
    this.#pending = scenario.incidents.filter((incident) => !isBlow(incident));
  }

  /** @returns undefined when it ended in time, else how it did not */
  async runToTheEnd(): Promise<string | undefined> {
    for (;;) {
      const late = await this.#runUntilEnded();
      if (late !== undefined) return late;
      if (!(await this.#befallAtTheEnd())) break;
    }
    if (this.worker?.isRunning) {
      this.worker.kill('SIGTERM');
      await Promise.race([this.worker.ended, atMost(10_000)]);
      // What the worker alone has saved since is not in out/ yet.
      if (this.scenario.capped) await this.#startRun(false).ended;
    }
    return undefined;
  }

  async #runUntilEnded(): Promise<string | undefined> {
    for (let failures = 0, before = ''; ;) {
      if (this.#isLate()) return 'it did not end in time';
      this.#keepWorker();
      const signals = this.endings.length;
      const named = this.#named;
      const code = await this.#oneRun();
      if (code === 'late') return 'it did not end in time';
      // Told to end, it ended: the batch did not.
      if (this.endings.length > signals) continue;
      // Named when it was about to end: the command says that it is to be run again.
      if (code !== null && this.#named > named) continue;
      if (code === 0 || code === 3) return undefined;
      if (code === 4 && this.scenario.capped && (await this.#hasComeToRest())) return undefined;
      if (code === 2 && this.undo) {
        this.undo();
        this.undo = undefined;
      }
      // 4: an account was shut, and a person has fixed it. 1, 2: something was down. Null: it was killed.
      if (code === 4) await this.#start('resume.log', [], 'resume', batch).ended;
      const now = `${code} ${this.#pending.length} ${(await this.stage.book()).accepted.length}`;
      failures = now === before && code !== null ? failures + 1 : 0;
      before = now;
      if (failures >= failuresMax) return `it ended with ${code} again and again`;
      await wait(50);
    }
  }

  get #named(): number {
    return this.done[naming] ?? 0;
  }

  #isLate(): boolean {
    return Date.now() > this.#deadline;
  }

  #leftMs(): number {
    return Math.max(0, this.#deadline - Date.now());
  }

  /** A batch with a cap ends in the middle: when running it again brings no more requests. */
  async #hasComeToRest(): Promise<boolean> {
    const before = this.#acceptedAtRest;
    this.#acceptedAtRest = (await this.stage.book()).accepted.length;
    return before === this.#acceptedAtRest;
  }

  async #oneRun(): Promise<number | null | 'late'> {
    const withHook = this.scenario.shape === 'alone';
    this.run = this.#startRun(withHook);
    const { ended } = this.run;
    for (let looks = 0; ; looks += 1) {
      if (this.#isLate()) return 'late';
      this.#keepWorker();
      await this.#befallNow();
      if (looks % 20 === 19) await this.#goHome();
      const code = await Promise.race([ended, wait(60, 'runs' as const)]);
      if (code === 'runs') continue;
      if (this.#secondRun) await Promise.race([this.#secondRun.ended, atMost(this.#leftMs())]);
      await Promise.race([Promise.all(this.#background.splice(0)), atMost(15_000)]);
      return code;
    }
  }

  #keepWorker(): void {
    if (this.scenario.shape !== 'company' || this.worker?.isRunning) return;
    this.worker = this.#start('worker.log', this.#blowsFor(true), 'worker');
  }

  #startRun(withHook: boolean): Command {
    const blows = this.#blowsFor(withHook);
    return this.#start('run.log', blows, 'run', batchFile, '--yes', '--unknown-prices');
  }

  /** Blows go to the first process that can have them; one that was started again is spared. */
  #blowsFor(isTarget: boolean): readonly Blow[] {
    if (!isTarget || this.#blowsAreOut) return [];
    this.#blowsAreOut = true;
    return this.scenario.incidents.filter(isBlow);
  }

  #start(log: string, blows: readonly Blow[], ...words: string[]): Command {
    const settings = {
      ...this.environment,
      NODE_OPTIONS: `--import=${hook}`,
      SHOTLIST_CLOCK: this.clock.file,
      SHOTLIST_BLOWS: JSON.stringify(blows),
    };
    const command = this.stage.startWith(settings, log, ...words);
    this.#watchBlows(command, blows);
    return command;
  }

  /** A command of the person's, beside what runs. @returns its exit code */
  async say(...words: string[]): Promise<number | null> {
    return await this.#start('person.log', [], ...words).ended;
  }

  #watchBlows(command: Command, blows: readonly Blow[]): void {
    const suspend = blows.find((blow) => blow.kind === 'suspend');
    for (const blow of blows)
      if (blow.kind === 'clock' || blow.kind === 'files-fail') this.count(nameOf(blow));
    if (suspend?.kind === 'suspend') void this.#wake(command, suspend.ms);
    void command.ended.then((code) => {
      const dies = blows.find(({ kind }) => kind === 'die-at');
      if (code !== null || this.#killedByUs.has(command)) return;
      // Node aborts where its loop gets no descriptor: a death like any other.
      const lacked = this.scenario.incidents.some(({ kind }) => kind === 'no-descriptors');
      const aborted = lacked ? 'aborted by Node' : undefined;
      const death = dies ? nameOf(dies) : aborted;
      if (death === undefined) return;
      this.kills += 1;
      this.count(death);
    });
  }

  async #wake(command: Command, ms: number): Promise<void> {
    while (command.isRunning) {
      if (command.isStopped()) {
        this.count('suspended');
        // A person sees that nothing moves, and starts another.
        if (this.scenario.shape === 'alone') this.#secondRun = this.#startRun(false);
        await wait(ms);
        command.kill('SIGCONT');
        return;
      }
      await wait(50);
    }
  }

  async #befallNow(): Promise<void> {
    if (this.#pending.length === 0) return;
    const book = await this.stage.book();
    for (const incident of [...this.#pending]) {
      if (isBlow(incident) || !this.#isTime(incident.when, book)) continue;
      if (!this.#pending.includes(incident)) continue;
      const work = befall(this, incident);
      if (work === 'not yet') continue;
      this.#pending.splice(this.#pending.indexOf(incident), 1);
      if (incident.kind === 'person' || incident.kind === 'signal') this.#background.push(work);
      else await work;
      return;
    }
  }

  readonly #struckAt = new Map<string, number>();

  #isTime(
    when: When,
    book: { accepted: readonly unknown[]; faults: Record<string, number> },
  ): boolean {
    if (when === 'ended') return false;
    if ('accepted' in when) return book.accepted.length >= when.accepted;
    if (!(when.struck in book.faults)) return false;
    const since = this.#struckAt.get(when.struck) ?? Date.now();
    this.#struckAt.set(when.struck, since);
    return Date.now() >= since + when.afterMs;
  }

  /** @returns whether anything befell the batch that had ended, so that it is to be run again */
  async #befallAtTheEnd(): Promise<boolean> {
    const due = this.#pending.filter((each) => !isBlow(each) && each.when === 'ended');
    for (const incident of due) {
      this.#pending.splice(this.#pending.indexOf(incident), 1);
      if (!isBlow(incident)) await befall(this, incident);
    }
    return due.length > 0;
  }

  /** What an account asks to wait for, or a promised refund, is over when the person comes back. */
  async #goHome(): Promise<void> {
    const until = restUntil(ledgerPath(this.stage.folder), this.clock.now());
    const waitMs = until - this.clock.now();
    if (waitMs < patienceMs || !this.run?.isRunning) return;
    this.count('a person comes back later');
    for (const command of [this.run, this.#secondRun, this.worker])
      if (command?.isRunning) await this.end(command, 'SIGINT');
    this.clock.step(waitMs + 1_000);
  }

  async end(command: Command, signal: NodeJS.Signals, twice = false): Promise<void> {
    const isOfSender = this.scenario.shape === 'alone' || command === this.worker;
    const ending = { signal, twice, at: Date.now(), endedAt: Infinity, isOfSender };
    this.endings.push(ending);
    command.kill(signal);
    if (twice) await wait(secondSignalMs);
    if (twice) command.kill(signal);
    const limit = atMost(Math.min(endLimitMs, this.#leftMs()));
    const code = await Promise.race([command.ended, limit]);
    if (command.diedOf === 'SIGKILL') ending.isOfSender = false;
    if (code === 'late') await this.killNow(command);
    else ending.endedAt = Date.now();
  }

  async killNow(command: Command | undefined): Promise<boolean> {
    if (!command?.isRunning) return false;
    this.#killedByUs.add(command);
    command.kill('SIGKILL');
    await command.ended;
    this.kills += 1;
    return true;
  }

  count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
    const at = new Date().toISOString();
    appendFileSync(join(this.stage.folder, 'logs', 'befallen.log'), `${at} ${what}\n`);
  }
}

/** A limit of something else: once that has ended, it keeps the campaign from ending no longer. */
function atMost(ms: number): Promise<'late'> {
  return wait(ms, 'late' as const, { ref: false });
}

/**
 * Until when the account with the longest limit is blocked, or a promised refund is waited for while nothing else
 * is under way; 0: none is.
 */
function restUntil(path: string, now: number): number {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const sql = `select max(
      coalesce((select max(until) from block where reason = 'limited' and until > ?1), 0),
      coalesce((select max(ended_at) + ?2 from submission where refund = 'owed'
        and ended_at + ?2 > ?1 and not exists (
          select 1 from submission where state in ('claimed', 'submitted', 'ambiguous')
            or max(claimed_at, coalesce(ended_at, 0)) > ?1 - ?3)), 0)) as until`;
    return Number(database.prepare(sql).get(now, refundWaitMs, restMs)?.['until'] ?? 0);
  } catch {
    // Not made yet, or locked.
    return 0;
  } finally {
    database?.close();
  }
}
