import { originOf } from '../../batch/ids.ts';
import type { KeyLedger, KeyProofs, KeyStakes } from '../../ledger/port.ts';
import type { Provider } from '../../providers/port.ts';
import { listBetween } from './candidates.ts';

/** An account with the key that this process has for it. */
export interface KeyedAccount {
  /** The ledger's key of the account. */
  readonly key: string;
  readonly keyHash: string;
  readonly provider: Provider;
}

/**
 * Whether the key of this process opens the vendor account that the account stands for. An unknown
 * key does if the vendor shows it a known job or model. It also does if nothing there is unfinished:
 * then the account stands for the new vendor account from now on.
 * @returns the unfinished work, if the key is not the account's own
 * @throws when the vendor cannot be asked now
 */
export async function strangeKey(
  keys: KeyLedger,
  account: KeyedAccount,
): Promise<KeyStakes | undefined> {
  const { key, keyHash } = account;
  if (await keys.isOwn(key, keyHash)) return undefined;
  if (await showsOne(account, await keys.proofs(key))) {
    await keys.confirm(key, keyHash);
    return undefined;
  }
  return await keys.replace(key, keyHash);
}

async function showsOne(
  { key, provider }: KeyedAccount,
  { jobs, models }: KeyProofs,
): Promise<boolean> {
  for (const job of jobs)
    if (await isShown(provider, () => showsJob(provider, key, job))) return true;
  if (models.length === 0 || !provider.train) return false;
  const { list } = provider.train;
  return await isShown(provider, async () => {
    const { entries } = await list();
    return entries.some(({ id }) => models.includes(id));
  });
}

/** Margin for the time of a listed job. */
const aroundMs = 10 * 60_000;

/** The vendor's own list, if it has one: a vendor may show a single job to any key. */
async function showsJob(
  provider: Provider,
  account: string,
  { job, jobId, claimedAt, submittedAt }: KeyProofs['jobs'][number],
): Promise<boolean> {
  if (!provider.listJobs) return (await provider.check(job)).state !== 'missing';
  const span = { from: claimedAt - aroundMs, to: submittedAt + aroundMs };
  const { listed } = await listBetween(provider, originOf(account), span);
  return listed.some((each) => each.job.id === jobId);
}

/** A refusal concerns the job; a failure of the account or the connection says nothing. */
async function isShown(provider: Provider, ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    const { account } = provider.classify(error);
    if (account.kind === 'fine' || account.kind === 'forbidden') return false;
    throw error;
  }
}

/** The work in words, such as `2 requests, 1 model`. */
export function stakesText(stakes: KeyStakes): string {
  const names = { requests: 'request', files: 'file', refunds: 'refund', models: 'model' } as const;
  return (Object.keys(names) as (keyof KeyStakes)[])
    .filter((kind) => stakes[kind] > 0)
    .map((kind) => `${stakes[kind]} ${names[kind]}${stakes[kind] === 1 ? '' : 's'}`)
    .join(', ');
}
