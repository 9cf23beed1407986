import type { SubmissionLedger } from '../../port.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import { due } from './due.ts';
import { blockedUntil, putBlock } from '../blocks.ts';
import { noteListed } from '../reports/cost-facts.ts';
import { lateJob, startJob } from './start-job.ts';
import { dueRefunds, settleRefund } from './refunds.ts';
import {
  askedOutput,
  fetchAgain,
  foundOutput,
  lostOutputs,
  recoverOutput,
} from './lost-outputs.ts';
import {
  delayOutput,
  loseOutput,
  noteDamaged,
  refuseOutput,
  renewOutput,
  saveOutput,
} from './outputs.ts';
import { absent, rejected } from './refused.ts';
import { accountsWithOrphans, stalledJobs } from './orphans.ts';
import { markAmbiguous, park, parkedWithoutJob } from './ambiguous.ts';
import { resolve } from './resolve.ts';
import { competing, hasLater, hasLikeness, knownJobs, recordedJobIds } from './evidence.ts';
import { failed, stalled, succeeded } from './ended.ts';

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
    ambiguous: (id, why, end) => write(() => markAmbiguous(database, id, { why, ...end }, now())),
    absent: (id, keyHash) => write(() => absent(database, { id, keyHash }, now())),
    park: (id, why) => write(() => park(database, id, why, now())),
    resolve: (id, resolution) => write(() => resolve(database, id, resolution, now())),
    pollAgain: (id, inMs, why) => write(() => pollAgain(database, id, inMs, why, now())),
    succeeded: (id, result) => write(() => succeeded(database, id, result, now())),
    failed: (id, result) => write(() => failed(database, id, result, now())),
    stalled: (id, why, job) => write(() => stalled(database, id, { why, job }, now())),
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
    block: (account, model, reason, until, cause) =>
      write(() => putBlock(database, account, model, reason, until, cause, now())),
  };
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
