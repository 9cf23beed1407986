import type { BatchStatus } from '../../ledger/port.ts';
import { hindrances } from '../text/summary.ts';
import { clock, type ShownWait, waitTexts } from '../text/waits.ts';

/** After so long without a change a person wonders whether anything goes on. */
const quietMs = 15_000;

/** Says what a run waits for when nothing has changed for a while; each reason once, until something changes. */
export class QuietRun {
  readonly #say: (line: string) => void;
  readonly #steadyNow: () => number;
  #changedAt: number;
  readonly #said = new Set<string>();

  constructor(say: (line: string) => void, steadyNow: () => number = () => performance.now()) {
    this.#say = say;
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
    // Of a block its end changes from look to look.
    for (const line of hindrances(status))
      this.#once(line.split(' (until')[0] ?? line, line.trim());
  }

  #once(id: string, text: string): void {
    if (this.#said.has(id)) return;
    this.#said.add(id);
    this.#say(`${clock(Date.now())} ${text}`);
  }
}
