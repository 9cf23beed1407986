import { originOf } from '../../batch/ids.ts';
import type { KeyLedger, KeyProof, KeyStakes } from '../../ledger/port.ts';
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
 * Whether the account may use the key of this process. It accepts an unknown key if the vendor shows
 * it a known job or model, or if no work of earlier keys is unfinished.
 * @returns the unfinished work, if the account does not accept the key
 * @throws when the vendor cannot be asked now
 */
export async function strangeKey(
  keys: KeyLedger,
  account: KeyedAccount,
): Promise<KeyStakes | undefined> {
  const { key, keyHash } = account;
  if (await keys.isOwn(key, keyHash)) return undefined;
  const proof = await shownProof(account, await keys.proofs(key));
  if (!proof) return await keys.adopt(key, keyHash);
  await keys.confirm(key, keyHash, proof.holder);
  return undefined;
}

/** The list of models is read once. */
async function shownProof(
  { key, provider }: KeyedAccount,
  proofs: readonly KeyProof[],
): Promise<KeyProof | undefined> {
  let models: Promise<ReadonlySet<string>> | undefined;
  for (const proof of proofs)
    if (proof.of.kind === 'job') {
      if (await showsJob(provider, key, proof.of)) return proof;
    } else {
      models ??= listedModels(provider);
      if ((await models).has(proof.of.id)) return proof;
    }
  return undefined;
}

/** Margin for the time of a listed job. */
const aroundMs = 10 * 60_000;

/** The vendor's own list, if it has one: a vendor may show a single job to any key. */
async function showsJob(
  provider: Provider,
  account: string,
  { job, jobId, claimedAt, submittedAt }: KeyProof['of'] & { kind: 'job' },
): Promise<boolean> {
  if (!provider.listJobs) return (await provider.check(job)).state !== 'missing';
  const span = { from: claimedAt - aroundMs, to: submittedAt + aroundMs };
  const { listed } = await listBetween(provider, originOf(account), span);
  return listed.some((each) => each.job.id === jobId);
}

async function listedModels({ train }: Provider): Promise<ReadonlySet<string>> {
  const { entries } = (await train?.list()) ?? { entries: [] };
  return new Set(entries.map(({ id }) => id));
}

/** The work in words, such as `2 requests, 1 model`. */
export function stakesText(stakes: KeyStakes): string {
  const names = {
    requests: 'request',
    files: 'file',
    refunds: 'refund',
    models: 'model',
    gaps: 'gap',
  } as const;
  return (Object.keys(names) as (keyof KeyStakes)[])
    .filter((kind) => stakes[kind] > 0)
    .map((kind) => `${stakes[kind]} ${names[kind]}${stakes[kind] === 1 ? '' : 's'}`)
    .join(', ');
}
