import { sha256 } from './digest.ts';
import type { SimulatorSettings } from './settings.ts';

export interface Account {
  /** Hash of the key, as shown in the book. */
  readonly id: string;
  spent: number;
  /** Times of counted requests in the last minute. */
  countedAt: number[];
}

/** The accounts of one vendor, one for each accepted key. */
export class Accounts {
  readonly #settings: SimulatorSettings;
  readonly #byKey = new Map<string, Account>();

  constructor(settings: SimulatorSettings) {
    this.#settings = settings;
  }

  /** The account of a key, or undefined if the key is not accepted. */
  open(key: string): Account | undefined {
    const { keys } = this.#settings;
    const accepted = keys === null ? key !== '' && !key.startsWith('bad') : keys.includes(key);
    if (!accepted) return undefined;
    const account = this.#byKey.get(key) ?? {
      id: sha256(key).slice(0, 12),
      spent: 0,
      countedAt: [],
    };
    this.#byKey.set(key, account);
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
