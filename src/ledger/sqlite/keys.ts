import { createHash } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import type { KeyLedger, KeyProofs, KeyStakes } from '../port.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { states } from './states.ts';

/** Hex digits of a hash: enough to tell keys apart, too few to recognise a guessed key for sure. */
const hashLength = 16;
/** Number of jobs and models that are looked up at the vendor. */
const proofsMost = 3;

export function createKeyLedger({ database, commits }: Context): KeyLedger {
  const { salt } = database.get<{ salt: string }>('select salt from meta') ?? { salt: '' };
  return {
    hash: (apiKey, baseUrl) =>
      createHash('sha256')
        .update(JSON.stringify([salt, baseUrl, apiKey]))
        .digest('hex')
        .slice(0, hashLength),
    isOwn: async (account, keyHash) =>
      isOwnKey(database, account, keyHash) ??
      (await commits.write(() => {
        if (hasKey(database, account)) return false;
        putKey(database, account, keyHash);
        return true;
      })),
    proofs: async (account) => proofsOf(database, account),
    confirm: (account, keyHash) => commits.write(() => putKey(database, account, keyHash)),
    replace: (account, keyHash) => commits.write(() => replace(database, account, keyHash)),
  };
}

/** Undefined: the key is not known. */
function isOwnKey(database: Database, account: string, keyHash: string): boolean | undefined {
  const known = database.get<{ own: number }>(
    `select k.holder = a.holder as own from account_key k join account a on a.id = k.account
     where k.account = ? and k.hash = ?`,
    account,
    keyHash,
  );
  return known && known.own === 1;
}

/**
 * For a claim: the account's first key becomes its own.
 * @throws Error when the key is another's; the caller has asked `isOwn` before
 */
export function requireOwnKey(database: Database, account: string, keyHash: string): void {
  if (isOwnKey(database, account, keyHash)) return;
  if (hasKey(database, account))
    throw new Error(`the account ${account} has another key by now; nothing is sent with this one`);
  putKey(database, account, keyHash);
}

function hasKey(database: Database, account: string): boolean {
  return database.get('select 1 from account_key where account = ? limit 1', account) !== undefined;
}

function putKey(database: Database, account: string, keyHash: string): void {
  database.run(
    `insert or replace into account_key (account, hash, holder)
       select id, ?, holder from account where id = ?`,
    keyHash,
    account,
  );
}

interface JobRecord {
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
}

function proofsOf(database: Database, account: string): KeyProofs {
  const jobs = database.all<JobRecord>(
    `select m.job, m.job_id, m.claimed_at, m.submitted_at from submission m
       indexed by submission_claimed join account a on a.id = m.account
     where m.account = ? and m.holder = a.holder and m.op = 'generate' and m.job_id is not null
       and m.submitted_at is not null
     order by m.claimed_at desc limit ${proofsMost}`,
    account,
  );
  const models = database.all<{ id: string }>(
    `select remote_id as id from model where account = ? and remote_id is not null
       and phase in ('armed', 'triggered', 'ready') limit ${proofsMost}`,
    account,
  );
  return {
    jobs: jobs.map((row) => ({
      job: JSON.parse(row.job) as JsonObject,
      jobId: row.job_id,
      claimedAt: row.claimed_at,
      submittedAt: row.submitted_at,
    })),
    models: models.map(({ id }) => id),
  };
}

function replace(database: Database, account: string, keyHash: string): KeyStakes | undefined {
  const stakes = stakesOf(database, account);
  if (Object.values(stakes).some((count) => count > 0)) return stakes;
  database.run(
    `update account set holder = coalesce(
       (select holder from account_key where account = ?1 and hash = ?2),
       (select max(holder) + 1 from account_key where account = ?1), holder) where id = ?1`,
    account,
    keyHash,
  );
  putKey(database, account, keyHash);
  return undefined;
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
         (select count(*) from model where account = ?1 and remote_id is not null
           and phase in ('armed', 'triggered', 'ready')) as models`,
      account,
    ) ?? { requests: 0, files: 0, refunds: 0, models: 0 }
  );
}
