import type { Json, JsonObject } from '../../../json.ts';
import type { ModelPhase, ModelRow, RemoteLedger, Trigger } from '../../port.ts';
import { liveStates } from '../../rules/transitions.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import type { SubmissionRecord } from '../rows.ts';
import { states } from '../states.ts';
import { forgetModel, forgetUploads, knownThings } from './known-things.ts';

export function createRemoteLedger({ database, commits, now }: Context): RemoteLedger {
  const write = <Result>(work: () => Result) => commits.write(work);
  return {
    upload: async (account, sha256, purpose) => readUpload(database, account, sha256, purpose),
    intendUpload: (account, sha256, purpose, atMost) =>
      write(() => intendUpload(database, account, sha256, purpose, atMost)),
    storeUpload: (account, sha256, purpose, stored) =>
      write(() => storeUpload(database, { account, sha256, purpose }, stored, now())),
    seeUpload: (account, sha256, purpose) =>
      write(() => {
        database.run(
          'update upload set seen_at = ? where account = ? and sha256 = ? and purpose = ?',
          now(),
          account,
          sha256,
          purpose,
        );
      }),
    dropUpload: (account, sha256, purpose, remote) =>
      write(() => {
        database.run(
          `delete from upload where account = ? and sha256 = ? and purpose = ?
             and (?4 is null or remote = ?4)`,
          account,
          sha256,
          purpose,
          remote === undefined ? null : JSON.stringify(remote),
        );
      }),
    dropOldUpload: (account, sha256, purpose, submission) =>
      write(() => {
        database.run(
          `delete from upload where account = ? and sha256 = ? and purpose = ?
             and stored_at < (select started_at from run join submission m
               on m.batch = run.batch and m.run = run.n where m.id = ?)`,
          account,
          sha256,
          purpose,
          submission,
        );
      }),
    output: async (submission, index) => readOutput(database, submission, index),
    outputsOf: async (sha256) =>
      database.all<{ submission: string; index: number }>(
        'select submission, idx as "index" from output where sha256 = ? order by 1, 2',
        sha256,
      ),
    outputs: async (submission) =>
      database
        .all<{ idx: number; remote: string; url: string | null }>(
          'select idx, remote, url from output where submission = ? order by idx',
          submission,
        )
        .map(({ idx, remote, url }) => ({ index: idx, remote: JSON.parse(remote) as Json, url })),
    model: async (account, fingerprint) => readModel(database, account, fingerprint),
    leaseModel: (account, fingerprint, owner, leaseMs) =>
      write(() => leaseModel(database, account, fingerprint, owner, leaseMs, now())),
    setModelPhase: (account, fingerprint, from, to, facts = {}) =>
      write(() => setModelPhase(database, account, fingerprint, from, to, facts, now())),
    seeModel: (account, id) =>
      write(() => {
        database.run(
          `insert into ready_model (account, id, seen_at) values (?, ?, ?)
           on conflict do update set seen_at = excluded.seen_at`,
          account,
          id,
          now(),
        );
      }),
    modelImages: async (account, fingerprint) => {
      const rows = database.all<{ sha256: string; remote_id: string | null }>(
        'select sha256, remote_id from model_image where account = ? and fp = ?',
        account,
        fingerprint,
      );
      return new Map(rows.map((row) => [row.sha256, row.remote_id]));
    },
    intendModelImage: (account, fingerprint, sha256) =>
      write(() => {
        database.run(
          'insert or ignore into model_image (account, fp, sha256) values (?, ?, ?)',
          account,
          fingerprint,
          sha256,
        );
      }),
    storeModelImage: (account, fingerprint, sha256, remoteId) =>
      write(() => {
        database.run(
          `insert into model_image (account, fp, sha256, remote_id) values (?, ?, ?, ?)
           on conflict do update set remote_id = excluded.remote_id`,
          account,
          fingerprint,
          sha256,
          remoteId,
        );
      }),
    abandonModel: (account, fingerprint) =>
      write(() => abandonModel(database, account, fingerprint)),
    noteModelMissing: (account, fingerprint, isMissing) =>
      write(() => noteModelMissing(database, account, fingerprint, isMissing, now())),
    knownThings: async (account) => knownThings(database, account),
    forgetUploads: (account, ids) => write(() => forgetUploads(database, account, ids)),
    forgetModel: (account, id) => write(() => forgetModel(database, account, id, now())),
  };
}

function readUpload(database: Database, account: string, sha256: string, purpose: string) {
  const row = database.get<{
    state: 'intended' | 'processing' | 'stored';
    remote: string;
    url: string | null;
    expires_at: number | null;
  }>(
    'select * from upload where account = ? and sha256 = ? and purpose = ?',
    account,
    sha256,
    purpose,
  );
  if (!row) return undefined;
  const remote = JSON.parse(row.remote) as Json;
  return { state: row.state, remote, url: row.url, expiresAt: row.expires_at };
}

function storeUpload(
  database: Database,
  { account, sha256, purpose }: { account: string; sha256: string; purpose: string },
  { remote, url, expiresAt, ready }: Parameters<RemoteLedger['storeUpload']>[3],
  now: number,
): void {
  database.run(
    `insert into upload (account, sha256, purpose, state, remote, url, expires_at, stored_at, seen_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
     on conflict do update set state = excluded.state, remote = excluded.remote,
       url = excluded.url, expires_at = excluded.expires_at, seen_at = excluded.seen_at,
       stored_at = iif(remote = excluded.remote, stored_at, excluded.stored_at)`,
    account,
    sha256,
    purpose,
    ready === false ? 'processing' : 'stored',
    JSON.stringify(remote),
    url,
    expiresAt,
    now,
  );
}

/** An intended upload counts, since it may have arrived although its answer was lost. */
function intendUpload(
  database: Database,
  account: string,
  sha256: string,
  purpose: string,
  atMost: number | undefined,
): boolean {
  if (atMost !== undefined && otherUploads(database, account, sha256, purpose) >= atMost)
    return false;
  database.run(
    `insert into upload (account, sha256, purpose, state) values (?, ?, ?, 'intended')
     on conflict do nothing`,
    account,
    sha256,
    purpose,
  );
  return true;
}

function otherUploads(
  database: Database,
  account: string,
  sha256: string,
  purpose: string,
): number {
  const others = database.get<{ count: number }>(
    'select count(*) as count from upload where account = ? and purpose = ? and sha256 <> ?',
    account,
    purpose,
    sha256,
  );
  return others?.count ?? 0;
}

function readOutput(database: Database, submission: string, index: number) {
  const row = database.get<{
    account: string;
    job: string | null;
    remote: string;
    url: string | null;
    expires_at: number | null;
  }>(
    `select m.account, m.job, o.remote, o.url, o.expires_at from output o
     join submission m on m.id = o.submission where o.submission = ? and o.idx = ?`,
    submission,
    index,
  );
  if (!row) return undefined;
  const remote = JSON.parse(row.remote) as Json;
  const job = JSON.parse(row.job ?? '{}') as JsonObject;
  return { account: row.account, job, remote, url: row.url, expiresAt: row.expires_at };
}

function readModel(database: Database, account: string, fingerprint: string): ModelRow | undefined {
  const row = database.get<{
    phase: ModelPhase;
    remote_id: string | null;
    why: string | null;
    seen_at: number | null;
    missing_since: number | null;
  }>(
    'select phase, remote_id, why, seen_at, missing_since from model where account = ? and fp = ?',
    account,
    fingerprint,
  );
  return (
    row && {
      phase: row.phase,
      remoteId: row.remote_id,
      why: row.why,
      seenAt: row.seen_at,
      missingSince: row.missing_since,
      trigger: readTrigger(database, account, fingerprint),
    }
  );
}

/** The active or accepted one comes first: the clock may have been set back between two others. */
function readTrigger(database: Database, account: string, fingerprint: string): Trigger | null {
  const row = database.get<SubmissionRecord>(
    `select * from submission indexed by submission_fp
     where account = ? and fp = ? and op = 'train'
     order by state in ${states.exclusive} desc, claimed_at desc limit 1`,
    account,
    fingerprint,
  );
  if (!row) return null;
  return {
    submission: row.id,
    state: row.state,
    why: row.why,
    jobId: row.job_id,
    claimedAt: row.claimed_at,
    submittedAt: row.submitted_at,
    deadlineAt: row.deadline_at,
    overAt: row.over_at,
    endedAt: row.ended_at,
    gap: row.gap,
  };
}

/** Maximum length of a lease; one that ends later was taken before the clock was set back. */
const leaseMostMs = 2 * 60_000;

function leaseModel(
  database: Database,
  account: string,
  fingerprint: string,
  owner: string,
  leaseMs: number,
  now: number,
): boolean {
  return (
    database.run(
      `insert into model (account, fp, phase, lease_owner, lease_until)
       values (?, ?, 'creating', ?, ?)
       on conflict do update set lease_owner = excluded.lease_owner,
         lease_until = excluded.lease_until
       where lease_owner = excluded.lease_owner or lease_until is null
         or lease_until <= ? or lease_until > ?`,
      account,
      fingerprint,
      owner,
      now + Math.round(leaseMs),
      now,
      now + leaseMostMs,
    ) > 0
  );
}

function setModelPhase(
  database: Database,
  account: string,
  fingerprint: string,
  from: readonly ModelPhase[],
  to: ModelPhase,
  facts: { remoteId?: string | null; why?: string },
  now: number,
): boolean {
  return (
    database.run(
      `update model set phase = ?, remote_id = iif(?, ?, remote_id), why = ?,
         seen_at = iif(?, ?, seen_at)
       where account = ? and fp = ? and phase in (select value from json_each(?))`,
      to,
      facts.remoteId === undefined ? 0 : 1,
      facts.remoteId ?? null,
      facts.why ?? null,
      to === 'ready' || to === 'failed' ? 1 : 0,
      now,
      account,
      fingerprint,
      JSON.stringify(from),
    ) > 0
  );
}

function abandonModel(database: Database, account: string, fingerprint: string): boolean {
  const trigger = readTrigger(database, account, fingerprint);
  if (trigger && (liveStates as readonly string[]).includes(trigger.state)) return false;
  database.run('delete from model_image where account = ? and fp = ?', account, fingerprint);
  database.run(
    `update model set phase = 'creating', remote_id = null, why = null, missing_since = null
     where account = ? and fp = ?`,
    account,
    fingerprint,
  );
  return true;
}

function noteModelMissing(
  database: Database,
  account: string,
  fingerprint: string,
  isMissing: boolean,
  now: number,
): void {
  database.run(
    `update model set missing_since = iif(?1, min(coalesce(missing_since, ?2), ?2), null)
     where account = ?3 and fp = ?4`,
    isMissing ? 1 : 0,
    now,
    account,
    fingerprint,
  );
}
