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
  const { vendor, apiKey, baseUrl, settings } = account;
  if (apiKey === undefined) return undefined;
  const connect = (): Provider => {
    const backoff = new Backoff({ patienceMs });
    return connectVendor(vendor, { baseUrl, apiKey, settings, backoff, ...(pace && { pace }) });
  };
  if (pace) return connect();
  const provider = providers.get(account) ?? connect();
  providers.set(account, provider);
  return provider;
}

/** The error for a command that needs the key of an account without one. */
export function noKey({ name, keyProblem }: AccountConfig): UserError {
  const { why = 'it is not set', next = '' } = keyProblem ?? {};
  return new UserError(`the account ${name} has no key: ${why}`, { next: [next] });
}
