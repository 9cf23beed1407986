import type { ShotRow } from '../../ledger/port.ts';
import { formatAmount } from '../../money.ts';
import { partialText } from '../../report/partial.ts';

/** Number of shots with a remembered last line. */
const rememberedMax = 10_000;

/** The lines of a run: one per paid, failed or parked shot, and one for all cached shots. */
export class ShotEvents {
  readonly #say: (line: string) => void;
  /** Last line by shot key: a shot also changes for other reasons. */
  readonly #said = new Map<string, string>();
  readonly #since: number;
  #sawCached = false;

  /** @param since epoch milliseconds; files saved before that were told of by another command */
  constructor(say: (line: string) => void, since = Date.now()) {
    this.#say = say;
    this.#since = since;
  }

  /** @param changed shots that changed since the last call */
  show(changed: readonly ShotRow[]): void {
    for (const shot of changed) {
      const isCached = shot.state === 'done' && shot.cached;
      this.#sawCached ||= isCached;
      const line = isCached || this.#wasSaved(shot) ? undefined : lineOf(shot);
      if (line !== undefined) this.#sayOnce(shot, line);
    }
  }

  /** A shot of an earlier time changes as well, as when its step is planned again. */
  #wasSaved({ state, outputs }: ShotRow): boolean {
    const times = outputs.flatMap(({ savedAt }) => savedAt ?? []);
    return state === 'done' && times.length > 0 && Math.max(...times) < this.#since;
  }

  #sayOnce({ key, submission }: ShotRow, line: string): void {
    const said = `${submission} ${line}`;
    if (this.#said.get(key) === said) return;
    this.#said.delete(key);
    this.#said.set(key, said);
    const [oldest] = this.#said.keys();
    if (this.#said.size > rememberedMax && oldest !== undefined) this.#said.delete(oldest);
    this.#say(`${clock()} ${line}`);
  }

  /**
   * @param cached number of cached shots in the whole run: a shot may change more than once, and
   * steps come one by one
   */
  end(cached: number): void {
    if (!this.#sawCached || cached === 0) return;
    const shots = cached === 1 ? '1 shot was' : `${cached} shots were`;
    this.#say(`${clock()} cached  ${shots} made before`);
  }
}

function lineOf(shot: ShotRow): string | undefined {
  const { state, key, why, price, billed, outputs } = shot;
  const cost = billed ?? price.amount;
  const money = cost === null ? '' : `  ${formatAmount(cost, price.unit)}`;
  switch (state) {
    case 'done': {
      const damaged = outputs.find((output) => output.damaged !== null)?.damaged;
      const part = partialText(shot);
      const notes = [part, damaged === undefined ? undefined : `damaged: ${damaged}`];
      return [`saved   ${key}${money}`, ...notes.filter((note) => note !== undefined)].join('  ');
    }
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
