import { type KeyedAccount, stakesText, strangeKey } from '../../activities/reconcile/own-key.ts';
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
  const stakes = keyed && (await strangeKey(keys, keyed));
  return (
    stakes &&
    `the key in ${account.keyVariable} shows none of the earlier work of ${account.name} (${stakesText(stakes)})`
  );
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
