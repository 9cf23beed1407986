import type { ShotRow } from '../ledger/port.ts';
import { formatAmount } from '../money.ts';

/** The lines of a run: one for each shot that is paid, failed or parked; one for all that are cached. */
export class ShotEvents {
  readonly #say: (line: string) => void;
  #cached = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Shots that changed since the last time; none ends a row of cached ones. */
  show(changed: readonly ShotRow[]): void {
    const cached = changed.filter(isCached).length;
    this.#cached += cached;
    if (cached === 0) this.end();
    for (const shot of changed) {
      const line = isCached(shot) ? undefined : lineOf(shot);
      if (line !== undefined) this.#say(`${clock()} ${line}`);
    }
  }

  end(): void {
    const count = this.#cached;
    this.#cached = 0;
    if (count === 0) return;
    const shots = count === 1 ? '1 shot was' : `${count} shots were`;
    this.#say(`${clock()} cached  ${shots} made before`);
  }
}

function isCached(shot: ShotRow): boolean {
  return shot.state === 'done' && shot.cached;
}

function lineOf({ state, key, why, price }: ShotRow): string | undefined {
  const money = price.amount === null ? '' : `  ${formatAmount(price.amount, price.unit)}`;
  switch (state) {
    case 'done':
      return `saved   ${key}${money}`;
    case 'failed':
    case 'blocked':
      return `failed  ${key}  ${why ?? ''}`;
    case 'parked':
      return `parked  ${key}  ${why ?? ''}`;
    default:
      return undefined;
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
