import { join, relative } from 'node:path';
import { UserError } from '../../errors.ts';
import { type OutProblem, outProblem } from '../../report/place-files.ts';
import { checkFiles, type ResultsInput, writeResults } from '../../report/results.ts';
import { systemFailure } from '../../system-errors.ts';
import type { Terminal } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import { isServed } from './left-work.ts';

/** The result of bringing `out/` in line with the ledger. */
export interface Published {
  /** Files that could not be written. */
  readonly problems: readonly OutProblem[];
  /** Files with lost bytes, to be fetched from the vendor again. */
  readonly fetchedAgain: readonly string[];
}

/** Maximum number of files listed per kind. */
const namedMax = 20;
/** Pause between two calls of `publishNews`. */
const publishAtLeastMs = 5_000;
/** The pause as a multiple of the writing time. A worker in this process needs the rest. */
const restFactor = 4;

/** Brings `out/` in line with the ledger on each call. Prints each message once. */
export class Publisher {
  readonly #project: Project;
  readonly #batch: string;
  readonly #terminal: Terminal;
  readonly #reported = new Set<string>();
  #nextAt = performance.now() + publishAtLeastMs;

  constructor(project: Project, batch: string, terminal: Terminal) {
    this.#project = project;
    this.#batch = batch;
    this.#terminal = terminal;
  }

  /** Writes `out/` and reports failures to write. Such a failure never ends a run. */
  async publish(): Promise<Published> {
    const results = await writeResults(this.#input()).catch((error: unknown) => {
      if (!(error instanceof UserError) && !systemFailure(error)) throw error;
      return { problems: [outProblem('.', error)], kept: [], restored: [], fetchedAgain: [] };
    });
    this.#name('left alone, because it was edited', results.kept);
    return this.#report(results);
  }

  /** Publishes while a batch runs; does nothing until the pause after the last time is over. */
  async publishNews(): Promise<void> {
    const begun = performance.now();
    if (begun < this.#nextAt) return;
    await this.publish();
    const tookMs = performance.now() - begun;
    this.#nextAt = performance.now() + Math.max(publishAtLeastMs, restFactor * tookMs);
  }

  /** Restores lost bytes without writing to `out/`. `all`: also when most files are lost. */
  async check(options: { readonly all: boolean }): Promise<Published> {
    return this.#report(await checkFiles({ ...this.#input(), fetchAll: options.all }));
  }

  #input(): ResultsInput {
    const { ledger, blobs, recovery, outFolder } = this.#project;
    return {
      reports: ledger.reports,
      submissions: ledger.submissions,
      blobs,
      recovery,
      outRoot: outFolder,
      batch: this.#batch,
      isServed: (account) => isServed(this.#project.config, account),
      now: Date.now,
      warn: (message) => this.#say(message),
    };
  }

  #report(results: Published & { readonly restored: readonly string[] }): Published {
    const { problems, restored, fetchedAgain } = results;
    this.#name('the blob store had lost it, and has it again from out/', restored);
    this.#name('lost on this machine; the vendor is asked for it again, free', fetchedAgain);
    const kinds = Map.groupBy(problems, ({ why, next }) => `${why}\n  ${next}`);
    for (const [kind, alike] of kinds) {
      const [why = '', next = ''] = kind.split('\n');
      const places = alike.map(({ place }) => join(this.#shownFolder(), place));
      this.#name(`not written, ${why}`, places, next);
    }
    return { problems, fetchedAgain };
  }

  #name(what: string, places: readonly string[], next?: string): void {
    const news = places.filter((place) => !this.#reported.has(`${what} ${place}`));
    for (const place of news) this.#reported.add(`${what} ${place}`);
    for (const place of news.slice(0, namedMax)) this.#terminal.say(`${what}: ${place}`);
    if (news.length > namedMax) this.#terminal.say(`${what}: and ${news.length - namedMax} more`);
    if (news.length > 0 && next !== undefined) this.#terminal.say(next);
  }

  #say(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#terminal.say(message);
  }

  #shownFolder(): string {
    return relative(this.#terminal.folder, join(this.#project.outFolder, this.#batch));
  }
}
