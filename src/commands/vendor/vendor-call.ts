import { noKey, providerOf } from '../../accounts/provider.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import type { Config } from '../../config/config.ts';
import { UserError } from '../../errors.ts';
import type { Provider } from '../../providers/port.ts';

/** What the commands share that ask one account's vendor by a free call. */

/** @throws UserError naming the accounts that there are */
export function accountOf(config: Config, name: string): AccountConfig {
  const account = config.accounts.get(name);
  if (account) return account;
  throw new UserError(`there is no account ${name}`, {
    next: [`accounts here: ${[...config.accounts.keys()].join(', ')}`],
  });
}

/** @throws UserError when the account has no key */
export function connect(account: AccountConfig): Provider {
  const provider = providerOf(account);
  if (provider) return provider;
  throw noKey(account);
}

export function noSuchCall({ vendor }: AccountConfig, message: string): UserError {
  return new UserError(message, { next: [`see ${vendor.site}`] });
}

/** Makes one free call. @throws UserError with the vendor's message */
export async function asked<T>(provider: Provider, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(provider.classify(error).message, { exitCode: 1, cause: error });
  }
}

export function unreadText({ vendor, name }: AccountConfig, unreadable: number): string {
  const entries = unreadable === 1 ? '1 entry' : `${unreadable} entries`;
  return `${vendor.title} lists ${entries} for ${name} that cannot be read: look at ${vendor.site}`;
}
