import { isAccountsKey, type KeyedAccount } from '../../activities/reconcile/own-key.ts';
import { providerOf } from '../../accounts/provider.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import { UserError } from '../../errors.ts';
import type { KeyLedger } from '../../ledger/port.ts';
import { otherKeyAdvice } from '../text/stops.ts';
import type { Project } from '../project/project.ts';

/**
 * The reason why a vendor's answers to the key here prove nothing about earlier work; undefined: the
 * key is the account's own, or there is no key.
 * @throws when the vendor cannot be asked now
 */
export async function otherKeyProblem(
  keys: KeyLedger,
  account: AccountConfig,
): Promise<string | undefined> {
  const keyed = keyedAccount(keys, account);
  if (!keyed || (await isAccountsKey(keys, keyed))) return undefined;
  return otherKeyText(account);
}

/** Whether the account has a key here and has accepted it. Asks no vendor. */
export async function hasOwnKey(keys: KeyLedger, account: AccountConfig): Promise<boolean> {
  const keyed = keyedAccount(keys, account);
  return keyed !== undefined && (await keys.isOwn(keyed.key, keyed.keyHash));
}

export const otherKeyText = ({ keyVariable, name }: AccountConfig): string =>
  `the key in ${keyVariable} shows none of the earlier work of ${name}`;

/** Lets the accounts accept renewed keys that are set here. Best effort. */
export async function proveKeys(
  { config, ledger }: Pick<Project, 'config' | 'ledger'>,
  accounts: readonly string[],
): Promise<void> {
  for (const account of config.accounts.values())
    if (accounts.includes(account.key))
      await otherKeyProblem(ledger.keys, account).catch(() => undefined);
}

/**
 * A vendor that cannot be asked now is asked again by the run itself.
 * @throws UserError when the key of an account is not its own, before anything is sent
 */
export async function requireOwnKeys(
  { config, ledger }: Pick<Project, 'config' | 'ledger'>,
  accounts: readonly string[],
): Promise<void> {
  for (const account of config.accounts.values()) {
    if (!accounts.includes(account.key)) continue;
    const problem = await otherKeyProblem(ledger.keys, account).catch(() => undefined);
    if (problem !== undefined)
      throw new UserError(problem, { next: [otherKeyAdvice(account.name)] });
  }
}

function keyedAccount(keys: KeyLedger, account: AccountConfig): KeyedAccount | undefined {
  const { key, apiKey, baseUrl } = account;
  const provider = providerOf(account);
  if (apiKey === undefined || !provider) return undefined;
  return { key, keyHash: keys.hash(apiKey, baseUrl), provider };
}
