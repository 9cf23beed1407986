import type { AccountSpec, Catalogue } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { AccountConfig } from '../config/accounts.ts';
import type { Config } from '../config/config.ts';
import type { Price } from '../money.ts';
import { type Learned, nothingLearned, type Offer } from '../providers/port.ts';

/** The last facts from each account's vendor, by the account's ledger key. */
export type LearnedByAccount = (accountKey: string) => Learned;

/** Observes a batch's reads of the catalogue, so that missing facts can be requested from the vendors. */
export interface CatalogueWatch {
  named(account: AccountConfig): void;
  /** Called for a request whose price needs a quote from the vendor. */
  priced(account: AccountConfig, quoteKey: string, request: ShotRequest): void;
}

/**
 * The accounts as the batch language sees them: no key, no URL. The view is live: each read of an
 * account's models or prices uses the current facts.
 */
export function catalogueOf(
  { accounts }: Pick<Config, 'accounts'>,
  learned: LearnedByAccount = () => nothingLearned,
  watch?: CatalogueWatch,
): Catalogue {
  const catalogue = new WatchedMap((name) => {
    const account = accounts.get(name);
    if (account) watch?.named(account);
  });
  for (const account of accounts.values())
    catalogue.set(
      account.name,
      specOf(account, learned(account.key), hostUploadsOf(account, accounts), watch),
    );
  return catalogue;
}

export function offerOf(account: AccountConfig, learned: Learned = nothingLearned): Offer {
  return account.vendor.offer(account.settings, learned);
}

/** The account's offer. It is rebuilt when the vendor's list of models changes. */
export function liveOffer(account: AccountConfig, learned: Learned): () => Offer {
  let { models } = learned;
  let offer = offerOf(account, learned);
  return () => {
    if (learned.models === models) return offer;
    models = learned.models;
    offer = offerOf(account, learned);
    return offer;
  };
}

/** The key of the quote that the price needs; undefined: the price is known without a quote. */
export function quoteKeyOf(
  { prices }: AccountConfig,
  offer: Offer,
  request: ShotRequest,
): string | undefined {
  return prices[request.model] === undefined ? offer.quoteKey?.(request) : undefined;
}

/** The price from the account's own list or the vendor's, or the billed amount where that is higher. */
export function priceOf(
  { prices }: AccountConfig,
  offer: Offer,
  learned: Learned,
  request: ShotRequest,
): Price {
  const listed = offer.price(request, prices);
  const billed = learned.billed(request);
  if (billed === undefined || billed <= (listed.amount ?? -1)) return listed;
  return { amount: billed, unit: listed.unit, basis: 'billed' };
}

/** The upload rules of the account that hosts this account's files. */
function hostUploadsOf(
  { referenceHost: host }: AccountConfig,
  accounts: Config['accounts'],
): AccountSpec['hostUploads'] {
  const other = host?.kind === 'account' ? accounts.get(host.name) : undefined;
  const rules = other && offerOf(other).uploads;
  return other && rules && { by: other.name, rules };
}

class WatchedMap extends Map<string, AccountSpec> {
  readonly #named: (name: string) => void;

  constructor(named: (name: string) => void) {
    super();
    this.#named = named;
  }

  override get(name: string): AccountSpec | undefined {
    this.#named(name);
    return super.get(name);
  }
}

function specOf(
  account: AccountConfig,
  learned: Learned,
  hostUploads: AccountSpec['hostUploads'],
  watch: CatalogueWatch | undefined,
): AccountSpec {
  const offer = liveOffer(account, learned);
  return {
    name: account.name,
    key: account.key,
    vendor: account.vendor.id,
    unit: account.vendor.unit,
    get models() {
      return offer().models;
    },
    get training() {
      return offer().training;
    },
    get uploads() {
      return offer().uploads;
    },
    hostsFiles: account.referenceHost !== undefined,
    hostUploads,
    price(request) {
      const quoteKey = watch && quoteKeyOf(account, offer(), request);
      if (quoteKey !== undefined) watch?.priced(account, quoteKey, request);
      return priceOf(account, offer(), learned, request);
    },
    refusal(request) {
      const quoteKey = quoteKeyOf(account, offer(), request);
      return quoteKey === undefined ? undefined : learned.refusal?.(quoteKey, request);
    },
    trainingPrice: () => offer().trainingPrice(account.prices),
  };
}
