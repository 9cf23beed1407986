import type { AccountSpec, Catalogue } from '../batch/model-spec.ts';
import type { AccountConfig, Config } from '../config.ts';
import { type Learned, nothingLearned, type Offer } from '../providers/port.ts';

/** What each account's vendor told last, by the account's ledger key. */
export type LearnedByAccount = (accountKey: string) => Learned;

/** What the batch language may know of the accounts: no key, no URL. */
export function catalogueOf(
  { accounts }: Pick<Config, 'accounts'>,
  learned: LearnedByAccount = () => nothingLearned,
): Catalogue {
  const specs = [...accounts.values()].map((account): [string, AccountSpec] => [
    account.name,
    specOf(account, learned),
  ]);
  return new Map(specs);
}

export function offerOf(account: AccountConfig, learned: Learned = nothingLearned): Offer {
  return account.vendor.offer(account.settings, learned);
}

function specOf(account: AccountConfig, learned: LearnedByAccount): AccountSpec {
  const offer = offerOf(account, learned(account.key));
  return {
    name: account.name,
    key: account.key,
    unit: account.vendor.unit,
    models: offer.models,
    training: offer.training,
    hostsFiles: false,
    price: (request) => offer.price(request, account.prices),
    trainingPrice: () => offer.trainingPrice(account.prices),
  };
}
