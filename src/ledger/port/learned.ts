import type { Json } from '../../json.ts';
import type { Amount } from '../../money.ts';

/** What vendors have told of their models and prices, per account; an answer replaces the one before it. */
export interface LearnedLedger {
  /** The last `Provider.discover`; undefined: never asked, or not again after the time given. */
  models(account: string, after?: number): Promise<{ models: Json; at: number } | undefined>;
  putModels(account: string, models: Json): Promise<void>;
  /** Quotes by `Offer.quoteKey`; with `since`, those of that time and later. */
  quotes(account: string, since?: number): Promise<readonly Quote[]>;
  putQuotes(account: string, quotes: readonly { key: string; amount: Amount }[]): Promise<void>;
  /**
   * What requests were billed above their price, by `priceKey`; with `since`, those of that time and later.
   * Written where the bill is: by `submitted`, `succeeded`, `failed` and `noteListed`.
   */
  bills(account: string, since?: number): Promise<readonly Quote[]>;
}
export interface Quote {
  readonly key: string;
  /** In the account's unit. */
  readonly amount: Amount;
  readonly at: number;
}
