import { noKey } from '../../accounts/provider.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import type { Config } from '../../config/config.ts';
import { UserError } from '../../errors.ts';
import { missingAccess } from '../../hosting/open-host.ts';
import type { BatchRow } from '../../ledger/port.ts';
import type { BatchPlan } from '../plan/plan-batch.ts';
import type { LoadedBatch } from '../project/batch-file.ts';
import { addressAdvice } from './left-work.ts';
import type { Project } from '../project/project.ts';

/**
 * Every account of the accepted plan must be there, also one whose shots are done: a step may be
 * planned again, and would be paid again at another address.
 * @throws UserError when an account of the unfinished run is not configured or has no usable key
 */
export async function requireAccounts(
  { config }: LoadedBatch,
  { ledger, argumentFor }: Pick<Project, 'ledger' | 'argumentFor'>,
  row: BatchRow,
): Promise<void> {
  const { batch, run } = row;
  const accounts = new Map([...config.accounts.values()].map((each) => [each.key, each]));
  for (const key of await ledger.plans.accountsOf(batch, 'run')) {
    const account = accounts.get(key);
    if (!account)
      throw new UserError(
        `run ${run} of ${batch} works at ${key}, and no account has that name and address`,
        {
          next: [addressAdvice(key), `or stop the run: shotlist cancel ${argumentFor(row)}`],
        },
      );
    requireKeyHere(account, config);
  }
}

/** With a Temporal server, a worker on another machine may have the key. */
function requireKeyHere(account: AccountConfig, { temporal }: Config): void {
  if (account.apiKey === undefined && temporal.address === undefined) throw noKey(account);
}

/**
 * @throws UserError when an account that the plan pays has no key or cannot deliver its files. Also
 * when the account of an awaited job has no key here and there is no Temporal server.
 */
export function requireKeys(
  loaded: Pick<LoadedBatch, 'config'>,
  plan: Pick<BatchPlan, 'cost' | 'waitsAt'>,
): void {
  for (const name of plan.waitsAt) {
    const account = loaded.config.accounts.get(name);
    if (account) requireKeyHere(account, loaded.config);
  }
  for (const { name } of plan.cost.values()) {
    const account = loaded.config.accounts.get(name);
    if (account && account.apiKey === undefined) {
      const { message, next } = noKey(account);
      const orElse = 'or try the batch without one: shotlist simulate';
      throw new UserError(message, { next: [...next, orElse] });
    }
    const missing = account && missingAccess(account, loaded.config);
    if (missing) throw new UserError(missing.why, { next: [missing.next] });
  }
}
