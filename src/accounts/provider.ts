import type { AccountConfig } from '../config/accounts.ts';
import { UserError } from '../errors.ts';
import { Backoff } from '../http/backoff.ts';
import { connectVendor } from '../providers/connect.ts';
import type { Connection, Provider } from '../providers/port.ts';

/** Short waits, because a person is waiting: 15 s for a rate limit, none for an unreachable vendor. */
const patienceMs = { limited: 15_000, unreachable: 0 };

const providers = new WeakMap<AccountConfig, Provider>();

/**
 * The account's vendor; undefined if the account has no key here. Without `pace`, every call returns the
 * same provider, so that its waits are shared.
 */
export function providerOf(
  account: AccountConfig,
  pace?: Connection['pace'],
): Provider | undefined {
  const { vendor, apiKey, baseUrl, settings, keyVariable } = account;
  if (apiKey === undefined) return undefined;
  const connect = (): Provider => {
    const backoff = new Backoff({ patienceMs });
    const connection = { baseUrl, apiKey, settings, backoff, ...(pace && { pace }) };
    return withKeyNamed(connectVendor(vendor, connection), keyVariable);
  };
  if (pace) return connect();
  const provider = providers.get(account) ?? connect();
  providers.set(account, provider);
  return provider;
}

/** The same calls; the message about a refused key names the variable that the key comes from. */
function withKeyNamed(provider: Provider, keyVariable: string): Provider {
  return {
    ...provider,
    classify: (error) => {
      const verdict = provider.classify(error);
      if (verdict.account.kind !== 'badKey') return verdict;
      return { ...verdict, message: `${verdict.message} (the key comes from ${keyVariable})` };
    },
  };
}

/** The error for a command that needs the key of an account without one. */
export function noKey({ name, keyProblem }: AccountConfig): UserError {
  const { why = 'it is not set', next = '', isSet = false } = keyProblem ?? {};
  const what = isSet
    ? `the key of the account ${name} cannot be used`
    : `the account ${name} has no key`;
  return new UserError(`${what}: ${why}`, { next: [next] });
}
