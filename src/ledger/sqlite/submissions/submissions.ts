import type { BatchPolicy, SubmissionLedger } from '../../port.ts';
import { costOfFailure } from '../../rules/transitions.ts';
import { openElsewhere, parkShots, retryShots, unparkShots } from '../shot-state.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import { due } from './due.ts';
import { putBlock } from '../blocks.ts';
import { noteListed } from '../reports/cost-facts.ts';
import { lateJob } from './late-job.ts';
import { dueRefunds, oweRefund, settleRefund } from './refunds.ts';
import { fetchAgain, foundOutput } from './lost-bytes.ts';
import { askedOutput, lostOutputs, recoverOutput } from './lost-outputs.ts';
import {
  delayOutput,
  loseOutput,
  noteDamaged,
  refuseOutput,
  renewOutput,
  saveOutput,
} from './outputs.ts';
import { absent } from './absent.ts';
import { accountsWithOrphans, stalledJobs } from './orphans.ts';
import { parkedWithoutJob } from './ambiguous.ts';
import { advance, release } from '../submission-state.ts';
import { readBatch } from '../batches.ts';
import { rejected } from './rejected.ts';
import { resolve } from './resolve.ts';
import { competing } from './competing.ts';
import { startJob } from './start-job.ts';
import { succeeded } from './succeeded.ts';
import { blockedUntil } from '../blocks.ts';
import { hasLikeness } from './likeness.ts';
import { hasLater, knownJobs } from './known-jobs.ts';

export function createSubmissionLedger({ database, commits, now }: Context): SubmissionLedger {
  const write = <Result>(work: () => Result) => commits.write(work);
  return {
    due: (range, options) => write(() => due(database, range, options, now())),
    competing: async (submission, marginMs) => competing(database, submission, marginMs),
    knownJobs: async (submission) => knownJobs(database, submission),
    hasLikeness: async (submission) => hasLikeness(database, submission),
    hasLater: async (submission) => hasLater(database, submission),
    blockedUntil: async (account) =>
      database.get<{ until: number | null }>(
        `select ${blockedUntil('?1', '?2')} as until`,
        account,
        now(),
      )?.until ?? null,
    accountsWithOrphans: async (batch) => accountsWithOrphans(database, batch),
    stalledJobs: async (batch, account) => stalledJobs(database, batch, account),
    parkedWithoutJob: async (batch, account) => parkedWithoutJob(database, batch, account),
    noteListed: (account, jobs) => write(() => noteListed(database, account, jobs, now())),
    submitted: (id, job, jobId, times) =>
      write(() => startJob(database, 'submitted', id, { job, jobId, ...times }, now())),
    adopt: (id, job, jobId, times) =>
      write(() => startJob(database, 'adopt', id, { job, jobId, ...times }, now())),
    rejected: (id, why, effect) => write(() => rejected(database, { id, why, effect }, now())),
    ambiguous: (id, why, end) => write(() => ambiguous(database, id, { why, ...end }, now())),
    absent: (id) => write(() => absent(database, id, now())),
    park: (id, why) => write(() => park(database, id, why, now())),
    resolve: (id, resolution) => write(() => resolve(database, id, resolution, now())),
    pollAgain: (id, inMs, why) => write(() => pollAgain(database, id, inMs, why, now())),
    succeeded: (id, result) => write(() => succeeded(database, id, result, now())),
    failed: (id, result) => write(() => failed(database, id, result, now())),
    stalled: (id, why, job) =>
      write(() => {
        const moved = advance(database, 'stalled', id, why, now(), job);
        if (moved) parkShots(database, id, why);
        return moved !== undefined;
      }),
    saveOutput: (id, index, file, job) =>
      write(() => saveOutput(database, id, index, { file, job }, now())),
    renewOutput: (id, index, url, expiresAt) =>
      write(() => renewOutput(database, id, index, url, expiresAt, now())),
    delayOutput: (id, index, inMs, why) =>
      write(() => delayOutput(database, id, index, { inMs, why }, now())),
    refuseOutput: (id, index, refusal) =>
      write(() => refuseOutput(database, id, index, refusal, now())),
    noteDamaged: (id, index, sha256) =>
      write(() => noteDamaged(database, id, index, sha256, now())),
    loseOutput: (id, index, why) => write(() => loseOutput(database, id, index, why, now())),
    fetchAgain: (id, index, lost) => write(() => fetchAgain(database, id, index, lost, now())),
    foundOutput: (id, index, sha256) =>
      write(() => foundOutput(database, id, index, sha256, now())),
    lostOutputs: async (scope) => lostOutputs(database, scope, now()),
    askedOutput: (id, index, why) => write(() => askedOutput(database, id, index, why, now())),
    recoverOutput: (id, index, file) =>
      write(() => recoverOutput(database, id, index, file, now())),
    dueRefunds: (account, options) => write(() => dueRefunds(database, account, options, now())),
    settleRefund: (id, reported) => write(() => settleRefund(database, id, reported, now())),
    lateJob: (id, job, jobId, reported) =>
      write(() => lateJob(database, id, { job, jobId, ...reported }, now())),
    recordedJobIds: async (account, jobIds) => recordedJobIds(database, account, jobIds),
    block: (account, model, reason, until) =>
      write(() => putBlock(database, account, model, reason, until, now())),
  };
}

/** Where its sender has seen the request end, nothing of it is on its way any more. */
function ambiguous(
  database: Database,
  id: string,
  { why, mayStillRun = false }: { readonly why: string; readonly mayStillRun?: boolean },
  now: number,
): boolean {
  const moved = advance(database, 'ambiguous', id, why, now);
  if (moved && !mayStillRun)
    database.run('update submission set over_at = ? where id = ?', now, id);
  return moved !== undefined;
}

/**
 * A resubmit needs a paid try left in the shot that paid; the money of the ambiguous one then counts as
 * spent, since nobody can say that it was not.
 */
function park(database: Database, id: string, why: string, now: number): boolean {
  if (mayResubmit(database, id)) {
    const moved = advance(database, 'resubmit', id, why, now);
    if (!moved) return false;
    release(database, moved, moved.reserved);
    database.run(`update submission set resolution = 'resubmit' where id = ?`, id);
    openElsewhere(database, id, moved.batch);
    retryShots(database, id, 'paid', why);
    return true;
  }
  const moved = advance(database, 'park', id, why, now);
  if (moved) parkShots(database, id, why);
  return moved !== undefined;
}

function mayResubmit(database: Database, id: string): boolean {
  const payer = database.get<{ batch: string; paid: number }>(
    `select s.batch, s.paid_tries as paid from submission m
     join shot s on s.batch = m.batch and s.key = m.key and s.submission = m.id where m.id = ?`,
    id,
  );
  const policy: BatchPolicy | undefined = payer && readBatch(database, payer.batch)?.policy;
  if (!payer || !policy) return false;
  return policy.onAmbiguous === 'resubmit' && payer.paid < policy.paidRetries;
}

function pollAgain(
  database: Database,
  id: string,
  inMs: number,
  why: string | undefined,
  now: number,
): boolean {
  return (
    database.run(
      `update submission set next_poll_at = ?, timed_at = ?, polls = polls + 1, why = ?
       where id = ? and state = 'submitted'`,
      now + Math.round(inMs),
      now,
      why ?? null,
      id,
    ) > 0
  );
}

function failed(
  database: Database,
  id: string,
  result: Parameters<SubmissionLedger['failed']>[1],
  now: number,
): boolean {
  const moved = advance(database, 'failed', id, result.reason, now, result.job);
  if (!moved) return false;
  unparkShots(database, id);
  const { spent, cause } = costOfFailure(moved.reserved, result);
  release(database, moved, spent, { billed: result.billed, now });
  if (result.refunded === 'promised') oweRefund(database, id, now);
  retryShots(database, id, cause, result.reason);
  return true;
}

function recordedJobIds(
  database: Database,
  account: string,
  jobIds: readonly string[],
): ReadonlySet<string> {
  const rows = database.all<{ id: string }>(
    `select job_id as id from submission
     where account = ? and job_id in (select value from json_each(?))`,
    account,
    JSON.stringify(jobIds),
  );
  return new Set(rows.map(({ id }) => id));
}
