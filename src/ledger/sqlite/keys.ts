import { createHash } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import type { KeyLedger, KeyProof, KeyStakes } from '../port.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { states } from './states.ts';

/** Hex digits of a hash: enough to tell keys apart, too few to recognise a guessed key for sure. */
const hashLength = 16;
/** Number of jobs, and of models, that are looked up at the vendor. */
const proofsMost = 3;

export function createKeyLedger({ database, commits }: Context): KeyLedger {
  const { salt } = database.get<{ salt: string }>('select salt from meta') ?? { salt: '' };
  return {
    hash: (apiKey, baseUrl) =>
      createHash('sha256')
        .update(JSON.stringify([salt, baseUrl, apiKey]))
        .digest('hex')
        .slice(0, hashLength),
    isOwn: async (account, keyHash) => holderOf(database, account, keyHash) !== undefined,
    proofs: async (account) => [...jobProofs(database, account), ...modelProofs(database, account)],
    confirm: (account, keyHash, holder) =>
      commits.write(() => putKey(database, { account, keyHash, holder })),
    adopt: (account, keyHash) => commits.write(() => adopt(database, account, keyHash)),
    accept: (account, keyHash) =>
      commits.write(() =>
        putKey(database, { account, keyHash, holder: latestHolder(database, account) ?? 1 }),
      ),
  };
}

/**
 * For a claim: the holder of the key that sends it.
 * @throws Error when the account has not accepted the key, and cannot accept it unproven
 */
export function requireHolder(database: Database, account: string, keyHash: string): number {
  const holder = holderOf(database, account, keyHash);
  if (holder !== undefined) return holder;
  if (adopt(database, account, keyHash))
    throw new Error(`the account ${account} has not accepted this key; nothing is sent with it`);
  return requireHolder(database, account, keyHash);
}

function holderOf(database: Database, account: string, keyHash: string): number | undefined {
  return database.get<{ holder: number }>(
    'select holder from account_key where account = ? and hash = ?',
    account,
    keyHash,
  )?.holder;
}

function latestHolder(database: Database, account: string): number | undefined {
  return database.get<{ holder: number }>(
    `select holder from submission indexed by submission_claimed where account = ?
     order by claimed_at desc limit 1`,
    account,
  )?.holder;
}

function putKey(
  database: Database,
  { account, keyHash, holder }: { account: string; keyHash: string; holder: number },
): void {
  database.run(
    'insert or ignore into account_key (account, hash, holder) values (?, ?, ?)',
    account,
    keyHash,
    holder,
  );
}

function adopt(database: Database, account: string, keyHash: string): KeyStakes | undefined {
  if (holderOf(database, account, keyHash) !== undefined) return undefined;
  const before = Math.max(
    latestHolder(database, account) ?? 0,
    database.get<{ holder: number | null }>(
      'select max(holder) as holder from account_key where account = ?',
      account,
    )?.holder ?? 0,
  );
  if (before > 0) {
    const stakes = stakesOf(database, account);
    if (Object.values(stakes).some((count) => count > 0)) return stakes;
    forgetPrices(database, account);
  }
  putKey(database, { account, keyHash, holder: before + 1 });
  return undefined;
}

/** Another vendor account may have other models and prices. */
function forgetPrices(database: Database, account: string): void {
  database.run('delete from discovered where account = ?', account);
  database.run('delete from quote where account = ?', account);
  database.run('delete from bill where account = ?', account);
}

interface JobRecord {
  holder: number;
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
}

/** A job that a person named may be anyone's. */
function jobProofs(database: Database, account: string): KeyProof[] {
  return database
    .all<JobRecord>(
      `select holder, job, job_id, claimed_at, submitted_at from submission
         indexed by submission_claimed
       where account = ? and op = 'generate' and job_id is not null and submitted_at is not null
         and resolution is null and coalesce(job_from, 'answer') <> 'person'
       order by claimed_at desc limit ${proofsMost}`,
      account,
    )
    .map((row) => ({
      holder: row.holder,
      of: {
        kind: 'job',
        job: JSON.parse(row.job) as JsonObject,
        jobId: row.job_id,
        claimedAt: row.claimed_at,
        submittedAt: row.submitted_at,
      },
    }));
}

/** Of models that may be paid for. */
const paidModel = `from model cross join submission m indexed by submission_fp
  on m.account = model.account and m.fp = model.fp and m.op = 'train' and m.state <> 'rejected'
  where model.account = ?1 and remote_id is not null`;

function modelProofs(database: Database, account: string): KeyProof[] {
  return database
    .all<{ holder: number; id: string }>(
      `select m.holder, remote_id as id ${paidModel} limit ${proofsMost}`,
      account,
    )
    .map(({ holder, id }) => ({ holder, of: { kind: 'model', id } }));
}

function stakesOf(database: Database, account: string): KeyStakes {
  return (
    database.get<KeyStakes>(
      `select
         (select count(*) from submission where account = ?1 and state in ${states.live})
           as requests,
         (select count(*) from output o indexed by output_ready
           cross join submission m on m.id = o.submission
           where o.state = 'ready' and +m.account = ?1) as files,
         (select count(*) from submission indexed by submission_refund
           where account = ?1 and refund = 'owed') as refunds,
         (select count(distinct remote_id) ${paidModel}) as models,
         (select count(*) from gap where closed_at is null) as gaps`,
      account,
    ) ?? { requests: 0, files: 0, refunds: 0, models: 0, gaps: 0 }
  );
}
