import type { ShotRequest } from '../batch/request.ts';
import type { AccountConfig } from '../config/accounts.ts';
import type { CatalogueWatch } from './catalogue.ts';

/** The facts that a batch needs about its accounts, collected while it is checked. */
export class Wants implements CatalogueWatch {
  readonly #accounts: Map<string, AccountConfig>;
  readonly #requests: Map<string, Map<string, ShotRequest>>;

  constructor() {
    this.#accounts = new Map();
    this.#requests = new Map();
  }

  /** The accounts that the batch names. */
  get accounts(): readonly AccountConfig[] {
    return [...this.#accounts.values()];
  }

  /** One request for each price that needs a quote from the vendor, by quote key. */
  requests(account: AccountConfig): ReadonlyMap<string, ShotRequest> {
    return this.#requests.get(account.key) ?? new Map();
  }

  named(account: AccountConfig): void {
    this.#accounts.set(account.key, account);
  }

  priced(account: AccountConfig, quoteKey: string, request: ShotRequest): void {
    const requests = this.#requests.get(account.key) ?? new Map<string, ShotRequest>();
    if (!requests.has(quoteKey)) requests.set(quoteKey, request);
    this.#requests.set(account.key, requests);
  }
}
