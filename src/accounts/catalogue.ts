import type { AccountSpec, Catalogue } from '../batch/model-spec.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { AccountConfig, Config } from '../config.ts';
import type { Price } from '../money.ts';
import { type Learned, nothingLearned, type Offer } from '../providers/port.ts';

/** What each account's vendor told last, by the account's ledger key. */
export type LearnedByAccount = (accountKey: string) => Learned;

/** Sees what a batch asks of the catalogue, so that the vendors can be asked for what is not known. */
export interface CatalogueWatch {
  named(account: AccountConfig): void;
  /** A request whose price the vendor itself must tell was priced. */
  priced(account: AccountConfig, quoteKey: string, request: ShotRequest): void;
}

/**
 * What the batch language may know of the accounts: no key, no URL. It follows what is learned later:
 * each look at an account's models or prices is by the facts of that moment.
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

/** The account's offer, made again whenever its vendor has told other models. */
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

/** Under which key the vendor must be asked for the price; undefined: it is known without asking. */
export function quoteKeyOf(
  { prices }: AccountConfig,
  offer: Offer,
  request: ShotRequest,
): string | undefined {
  return prices[request.model] === undefined ? offer.quoteKey?.(request) : undefined;
}

/** The price by the account's own list or the vendor's; what such a request was billed, where that is more. */
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

/** The rules of the account that hands over this one's files. */
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
