import type { AccountConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import type { Provider } from '../providers/port.ts';

/** The account's vendor; undefined where it has no key here. */
export function providerOf(account: AccountConfig): Provider | undefined {
  const { vendor, apiKey, baseUrl, settings } = account;
  return apiKey === undefined ? undefined : vendor.connect({ baseUrl, apiKey, settings });
}

/** For whoever needs the key of an account that has none. */
export function noKey({ name, keyTrouble }: AccountConfig): UserError {
  const { why = 'it is not set', next = '' } = keyTrouble ?? {};
  return new UserError(`the account ${name} has no key: ${why}`, { next: [next] });
}
