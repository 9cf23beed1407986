import { priceKey } from '../batch/price-key.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { Json } from '../json.ts';
import type { Quote } from '../ledger/port.ts';
import type { Amount } from '../money.ts';
import type { Learned } from '../providers/port.ts';

/**
 * The facts from one account's vendor that this process has. It is updated in place, so a catalogue
 * that reads it sees new answers at once.
 */
export class AccountFacts implements Learned {
  #models: { readonly models: Json; readonly at: number } | undefined;
  #quotedLast: number;
  readonly #quotes: Map<string, Quote>;
  #billedLast: number;
  readonly #bills: Map<string, Amount>;
  /** By request: the vendor may accept another request of the same price. */
  readonly #refusals: Map<string, string>;

  constructor() {
    this.#quotedLast = 0;
    this.#quotes = new Map();
    this.#billedLast = 0;
    this.#bills = new Map();
    this.#refusals = new Map();
  }

  get models(): Json | undefined {
    return this.#models?.models;
  }

  /** Epoch milliseconds; undefined: never asked. */
  get modelsAt(): number | undefined {
    return this.#models?.at;
  }

  quote(key: string): Amount | undefined {
    return this.#quotes.get(key)?.amount;
  }

  quotedAt(key: string): number | undefined {
    return this.#quotes.get(key)?.at;
  }

  /** Time of the newest quote; 0: none. */
  get quotedLast(): number {
    return this.#quotedLast;
  }

  billed(request: ShotRequest): Amount | undefined {
    return this.#bills.size === 0 ? undefined : this.#bills.get(priceKey(request));
  }

  /** Time of the newest bill; 0: none. */
  get billedLast(): number {
    return this.#billedLast;
  }

  get quotes(): number {
    return this.#quotes.size;
  }

  refusal(key: string, request: ShotRequest): string | undefined {
    return this.#refusals.get(requestIn(key, request));
  }

  /** Number of requests that the vendor refused. */
  get refusals(): number {
    return this.#refusals.size;
  }

  tellRefusal(key: string, request: ShotRequest, said: string): void {
    this.#refusals.set(requestIn(key, request), said);
  }

  tellModels(models: Json, at: number): void {
    this.#models = { models, at };
  }

  tellQuotes(quotes: Iterable<Quote>): void {
    for (const quote of quotes) {
      this.#quotes.set(quote.key, quote);
      this.#quotedLast = Math.max(this.#quotedLast, quote.at);
    }
  }

  tellBills(bills: Iterable<Quote>): void {
    for (const { key, amount, at } of bills) {
      this.#bills.set(key, amount);
      this.#billedLast = Math.max(this.#billedLast, at);
    }
  }
}

/** Quote key and prompt: a refusal may depend on the prompt even if the price does not. */
function requestIn(key: string, { prompt }: ShotRequest): string {
  return JSON.stringify([key, prompt ?? null]);
}
