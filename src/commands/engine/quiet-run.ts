import type { BatchStatus } from '../../ledger/port.ts';
import { hindrances, type ShownProject } from '../text/summary.ts';
import { clock, type ShownWait, waitTexts } from '../text/waits.ts';

/** Time without a change before the reasons for waiting are shown. */
const quietMs = 15_000;

/** Shows the reasons for waiting after a quiet time. Each reason appears once until something changes. */
export class QuietRun {
  readonly #say: (line: string) => void;
  readonly #project: Pick<ShownProject, 'keyVariableOf'>;
  readonly #steadyNow: () => number;
  #changedAt: number;
  readonly #said = new Set<string>();

  constructor(
    say: (line: string) => void,
    project: Pick<ShownProject, 'keyVariableOf'>,
    steadyNow: () => number = () => performance.now(),
  ) {
    this.#say = say;
    this.#project = project;
    this.#steadyNow = steadyNow;
    this.#changedAt = steadyNow();
  }

  look(hasChanged: boolean, status: BatchStatus, waits: readonly ShownWait[]): void {
    if (hasChanged) {
      this.#changedAt = this.#steadyNow();
      this.#said.clear();
    }
    if (this.#steadyNow() - this.#changedAt < quietMs) return;
    const texts = waitTexts(waits);
    for (const [index, { kind, account }] of waits.entries())
      this.#once(`${kind} ${account}`, `waits for ${texts[index]}`);
    // The end time of a block changes between reads, so it is not part of the identity.
    for (const line of hindrances(status, this.#project))
      this.#once(line.split(' (until')[0] ?? line, line.trim());
  }

  #once(id: string, text: string): void {
    if (this.#said.has(id)) return;
    this.#said.add(id);
    this.#say(`${clock(Date.now())} ${text}`);
  }
}
