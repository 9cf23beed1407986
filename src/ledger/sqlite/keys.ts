import { createHash } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import type { KeyLedger, KeyProof } from '../port.ts';
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
    isOwn: async (account, keyHash) => isOwnKey(database, account, keyHash),
    proofs: async (account) => [...jobProofs(database, account), ...modelProofs(database, account)],
    accept: (account, keyHash) => commits.write(() => accept(database, account, keyHash)),
    acceptFirst: (account, keyHash) => commits.write(() => acceptFirst(database, account, keyHash)),
  };
}

export function isOwnKey(database: Database, account: string, keyHash: string): boolean {
  return (
    database.get('select 1 from account_key where account = ? and hash = ?', account, keyHash) !==
    undefined
  );
}

/** @throws Error when the account has not accepted the key; the caller has asked before */
export function requireOwnKey(database: Database, account: string, keyHash: string): void {
  if (!acceptFirst(database, account, keyHash))
    throw new Error(`the account ${account} has not accepted this key; nothing is sent with it`);
}

/** The first key is the one that first sends something: until then, each replaces the one before. */
function acceptFirst(database: Database, account: string, keyHash: string): boolean {
  if (isOwnKey(database, account, keyHash)) return true;
  const sent = database.get(
    `select 1 from submission where account = ? and state in ${states.mayBeSent} limit 1`,
    account,
  );
  if (sent) return false;
  database.run('delete from account_key where account = ?', account);
  accept(database, account, keyHash);
  return true;
}

function accept(database: Database, account: string, keyHash: string): void {
  database.run('insert or ignore into account_key (account, hash) values (?, ?)', account, keyHash);
}

interface JobRecord {
  job: string;
  job_id: string;
  claimed_at: number;
  submitted_at: number;
}

/** A job that a person named may be anyone's. */
function jobProofs(database: Database, account: string): KeyProof[] {
  return database
    .all<JobRecord>(
      `select job, job_id, claimed_at, submitted_at from submission indexed by submission_claimed
       where account = ? and op = 'generate' and job_id is not null and submitted_at is not null
         and resolution is null and coalesce(job_from, 'answer') <> 'person'
       order by claimed_at desc limit ${proofsMost}`,
      account,
    )
    .map((row) => ({
      kind: 'job',
      job: JSON.parse(row.job) as JsonObject,
      jobId: row.job_id,
      claimedAt: row.claimed_at,
      submittedAt: row.submitted_at,
    }));
}

function modelProofs(database: Database, account: string): KeyProof[] {
  return database
    .all<{ id: string }>(
      `select remote_id as id from model cross join submission m indexed by submission_fp
         on m.account = model.account and m.fp = model.fp and m.op = 'train'
         and m.state <> 'rejected'
       where model.account = ? and remote_id is not null limit ${proofsMost}`,
      account,
    )
    .map(({ id }) => ({ kind: 'model', id }));
}
