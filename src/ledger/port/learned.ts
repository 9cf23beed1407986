import type { Json } from '../../json.ts';
import type { Amount } from '../../money.ts';

/** Vendors' answers about their models and prices, per account; a new answer replaces the last one. */
export interface LearnedLedger {
  /** The last `Provider.discover` result; undefined: none, or none after the given time. */
  models(account: string, after?: number): Promise<{ models: Json; at: number } | undefined>;
  putModels(account: string, models: Json): Promise<void>;
  /** Quotes by `Offer.quoteKey`; with `since`, those of that time and later. */
  quotes(account: string, since?: number): Promise<readonly Quote[]>;
  putQuotes(account: string, quotes: readonly { key: string; amount: Amount }[]): Promise<void>;
  /**
   * Bills above the price of their request, by `priceKey`; with `since`, those of that time and
   * later. Written with the bill: by `submitted`, `lateJob`, `succeeded`, `failed` and
   * `noteListed`.
   */
  bills(account: string, since?: number): Promise<readonly Quote[]>;
}
export interface Quote {
  readonly key: string;
  /** In the account's unit. */
  readonly amount: Amount;
  readonly at: number;
}
