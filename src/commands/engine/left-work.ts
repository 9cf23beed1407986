import { accountName, originOf } from '../../batch/ids.ts';
import { noKey } from '../../accounts/provider.ts';
import { accountWithKey } from '../../config/accounts.ts';
import type { Config } from '../../config/config.ts';
import type { BatchRow, Uncollected } from '../../ledger/port.ts';
import type { Project } from '../project/project.ts';
import { otherKeyAdvice } from '../text/stops.ts';
import { hasOwnKey, otherKeyText } from '../vendor/own-keys.ts';

/** Paid work of a batch that is not on disk. */
export interface LeftWork {
  /** At accounts that a worker of this project serves. */
  readonly here: readonly Uncollected[];
  /** At accounts that are not served: no key, or no account of that name and address. */
  readonly unserved: readonly Uncollected[];
}

export async function leftWork(
  { ledger, config }: Pick<Project, 'ledger' | 'config'>,
  batch: string,
): Promise<LeftWork> {
  const left = await ledger.reports.uncollected(batch);
  const served = new Set<string>();
  for (const { account } of left)
    if (isServed(config, account) && !(await hasOtherKey({ ledger, config }, account)))
      served.add(account);
  return {
    here: left.filter(({ account }) => served.has(account)),
    unserved: left.filter(({ account }) => !served.has(account)),
  };
}

/** The key here is not the account's. With a Temporal server, another worker may have the right one. */
async function hasOtherKey(
  { ledger, config }: Pick<Project, 'ledger' | 'config'>,
  key: string,
): Promise<boolean> {
  const account = accountWithKey(config.accounts, key);
  if (account?.apiKey === undefined || config.temporal.address !== undefined) return false;
  return !(await hasOwnKey(ledger.keys, account));
}

/** Whether paid work may be missing on disk that can be asked for from here, stalled jobs included. */
export async function canCollect(
  project: Pick<Project, 'ledger' | 'config'>,
  batch: string,
): Promise<boolean> {
  if ((await leftWork(project, batch)).here.length > 0) return true;
  const orphans = await project.ledger.submissions.accountsWithOrphans(batch);
  return orphans.some((account) => isServed(project.config, account));
}

/** Whether this process has the account's key, or a standing server's worker may have it. */
export function isServed(config: Config, key: string): boolean {
  const account = accountWithKey(config.accounts, key);
  if (account === undefined) return false;
  return account.apiKey !== undefined || config.temporal.address !== undefined;
}

/** An account that is not served. */
export interface Unserved {
  /** In the ledger. */
  readonly key: string;
  readonly why: string;
  /** Advice, then the command that fetches what was left. */
  readonly next: readonly [string, string];
}

/** One entry for each account of this work. */
export function unservedAccounts(
  { config, argumentFor }: Pick<Project, 'config' | 'argumentFor'>,
  row: Pick<BatchRow, 'batch' | 'ownerPath'>,
  left: readonly Uncollected[],
): readonly Unserved[] {
  const collect = `shotlist collect ${argumentFor(row)}`;
  return [...new Set(left.map(({ account }) => account))].map((key) => {
    const account = accountWithKey(config.accounts, key);
    if (!account) return { key, why: `no account is ${key}`, next: [addressAdvice(key), collect] };
    if (account.apiKey !== undefined)
      return { key, why: otherKeyText(account), next: [otherKeyAdvice(account.name), collect] };
    const { message, next } = noKey(account);
    return { key, why: message, next: [next.join('; '), collect] };
  });
}

export function unservedText({ why, next: [advice, command] }: Unserved): string {
  return `${why}\n  ${advice}\n  then: ${command}`;
}

/** How an account gets its place in the ledger back. */
export function addressAdvice(key: string): string {
  return `give the account ${accountName(key)} its base URL ${originOf(key)} again, in shotlist.yaml or by its variable`;
}
