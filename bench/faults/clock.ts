import { readFileSync, writeFileSync } from 'node:fs';

/** The one clock of all processes of a run: how far it is from the true one stands in a file. */
export class Clock {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Epoch milliseconds, as the processes see them. */
  now(): number {
    return Date.now() + this.#offset();
  }

  step(byMs: number): void {
    writeFileSync(this.file, String(this.#offset() + byMs));
  }

  #offset(): number {
    try {
      return Number(readFileSync(this.file, 'utf8'));
    } catch {
      // Nobody has stepped it yet.
      return 0;
    }
  }
}
