import { originOf } from '../../batch/ids.ts';
import type { KeyLedger, KeyProof } from '../../ledger/port.ts';
import type { Provider } from '../../providers/port.ts';
import { listBetween } from './dated-list.ts';

/** An account with the key that this process has for it. */
export interface KeyedAccount {
  /** The ledger's key of the account. */
  readonly key: string;
  readonly keyHash: string;
  readonly provider: Provider;
}

/**
 * Whether the key of this process is the account's. The account accepts its first key, and any key
 * to which the vendor shows a job or model on record.
 * @throws when no proof was shown and the vendor could not be asked about one
 */
export async function isAccountsKey(keys: KeyLedger, account: KeyedAccount): Promise<boolean> {
  const { key, keyHash } = account;
  if (await keys.isOwn(key, keyHash)) return true;
  if (await keys.acceptFirst(key, keyHash)) return true;
  if (!(await showsOne(account, await keys.proofs(key)))) return false;
  await keys.accept(key, keyHash);
  return true;
}

async function showsOne(
  { key, provider }: KeyedAccount,
  proofs: readonly KeyProof[],
): Promise<boolean> {
  let failure: { error: unknown } | undefined;
  for (const proof of proofs)
    try {
      const isShown =
        proof.kind === 'job'
          ? await showsJob(provider, key, proof)
          : await showsModel(provider, proof.id);
      if (isShown) return true;
    } catch (error) {
      failure ??= { error };
    }
  if (failure) throw failure.error;
  return false;
}

/** Margin for the time of a listed job. */
const aroundMs = 10 * 60_000;

/** The vendor's own list, if it has one: a vendor may show a single job to any key. */
async function showsJob(
  provider: Provider,
  account: string,
  { job, jobId, claimedAt, submittedAt }: KeyProof & { kind: 'job' },
): Promise<boolean> {
  if (!provider.listJobs) return (await provider.check(job)).state !== 'missing';
  const span = { from: claimedAt - aroundMs, to: submittedAt + aroundMs };
  const { listed } = await listBetween(provider, originOf(account), span);
  return listed.some((each) => each.job.id === jobId);
}

async function showsModel({ train }: Provider, model: string): Promise<boolean> {
  const { entries } = (await train?.list()) ?? { entries: [] };
  return entries.some(({ id }) => id === model);
}
