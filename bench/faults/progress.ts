import type { RunReport } from './run-scenario.ts';

/** A line a run, with how far the campaign is. */
export class Progress {
  readonly #total: number;
  readonly #startedAt = Date.now();
  #done = 0;
  #faults = 0;

  constructor(total: number) {
    this.#total = total;
  }

  add({ seed, shots, done, parked, failed, injected, seconds, broken, folder }: RunReport): void {
    const faults = Object.values(injected).reduce((sum, count) => sum + count, 0);
    this.#done += 1;
    this.#faults += faults;
    const leftMs = ((Date.now() - this.#startedAt) / this.#done) * (this.#total - this.#done);
    const counts = `${done} done, ${parked} parked, ${failed} failed of ${shots}`;
    const far = `${this.#done}/${this.#total} runs, ${this.#faults} faults, ${minutes(leftMs)} left`;
    console.error(`[${far}] seed ${seed}: ${counts}; ${faults} faults; ${seconds.toFixed(1)} s`);
    for (const each of broken) console.error(`  seed ${seed} broke a promise: ${each}`);
    if (folder) console.error(`  its folder: ${folder}`);
  }
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
}
