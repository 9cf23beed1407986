import { sha256 } from './digest.ts';
import type { SimulatorSettings } from './settings.ts';

export interface Account {
  /** Hash of the key, as shown in the book. */
  readonly id: string;
  spent: number;
  /** Times of counted requests in the last minute. */
  countedAt: number[];
}

/** The accounts of one vendor, one for each accepted key and its renewed ones. */
export class Accounts {
  readonly #settings: SimulatorSettings;
  readonly #byFirstKey = new Map<string, Account>();

  constructor(settings: SimulatorSettings) {
    this.#settings = settings;
  }

  /**
   * The account of a key, or undefined if the key is not accepted. `demo~2` is a renewed key of the
   * account that `demo` opens.
   */
  open(key: string): Account | undefined {
    const { keys } = this.#settings;
    const accepted = keys === null ? key !== '' && !key.startsWith('bad') : keys.includes(key);
    if (!accepted) return undefined;
    const [first = key] = key.split('~');
    const account = this.#byFirstKey.get(first) ?? {
      id: sha256(first).slice(0, 12),
      spent: 0,
      countedAt: [],
    };
    this.#byFirstKey.set(first, account);
    return account;
  }

  balance(account: Account): number {
    return this.#settings.credits - account.spent;
  }

  /** Seconds until the next counted request is allowed. 0 accepts this request and counts it. */
  enter(account: Account): number {
    const { perMinute, clock } = this.#settings;
    if (perMinute <= 0) return 0;
    const now = clock.now();
    account.countedAt = account.countedAt.filter((at) => at > now - 60_000);
    if (account.countedAt.length < perMinute) {
      account.countedAt.push(now);
      return 0;
    }
    const oldest = account.countedAt[account.countedAt.length - perMinute] ?? now;
    return Math.max(1, Math.ceil((oldest + 60_000 - now) / 1_000));
  }
}
