import { messageOf } from '../../errors.ts';
import { mayStillRun } from '../../http/errors.ts';
import type { ClaimAnswer, ModelRow, Trigger } from '../../ledger/port.ts';
import { trainingLane } from '../../ledger/rules/lane-name.ts';
import { missingMs } from '../poll-job.ts';
import type { SendLimit } from '../claim-and-start.ts';
import { elapsedSince, neverBackwards } from '../clock.ts';
import { claimWhenAvailable } from '../throttle/availability.ts';
import { blockAccount } from '../throttle/block-account.ts';
import { failpoint } from '../failpoints.ts';
import { recordStarted } from '../record-started.ts';
import type { AccountAccess } from '../dependencies.ts';
import { isOfThisRun, lookForModel } from './look-for-model.ts';
import { isSurelyUnsent } from './training-in-gap.ts';
import { mayBePaid, setPhase, whileClosed, type Advance, type Training } from './training.ts';

/**
 * Sends the paid request that starts a training, through the ledger's claim. If an earlier request
 * may have been carried out, the model shows it: training or ready proves that it was. A new model
 * proves nothing, since it may wait in a queue. A person then decides, and the money stays
 * reserved.
 */
export async function triggerTraining(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, access, input, set } = training;
  const found = await lookForModel(training, row);
  if (found.phase === 'ambiguous' && !found.isLong) return found.againMs;
  const isMissing = found.phase === 'gone' || found.phase === 'ambiguous';
  if (!isMissing && found.phase !== 'new') return await takeUp(training, row);
  if (mayBePaid(row.trigger)) {
    const { trigger } = row;
    if (trigger.gap !== null && (await isSurelyUnsent(training, row, trigger))) {
      await deps.ledger.submissions.absent(trigger.submission, access.keyHash);
      return 0;
    }
    const doubt = isMissing
      ? 'the vendor no longer shows the model'
      : 'the model has not begun to train since';
    return await waitForTrigger(training, trigger, doubt);
  }
  if (!isMissing) return await claimTrigger(training, row);
  const block = `the vendor does not show the model ${set.name} that it made`;
  // Listed, and training was once requested: the model may exist.
  if (found.phase === 'ambiguous') return { block };
  await deps.ledger.remotes.abandonModel(input.account, input.fingerprint);
  return isOfThisRun(training, row) ? { block } : 0;
}

async function claimTrigger(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, access, input, set } = training;
  const now = neverBackwards(deps.now);
  let before = now();
  const { batch, run, account, fingerprint } = input;
  const price = access.trainingPrice;
  const answer = await claimWhenAvailable(deps, access, input, (isCheck) => {
    before = now();
    return deps.ledger.claims.claimTraining(
      { batch, run, account, fingerprint, price, key: `train/${set.name}` },
      {
        window: isCheck ? 0 : 1,
        postTimeoutMs: access.timeouts.postMs,
        worker: deps.worker,
        keyHash: access.keyHash,
      },
    );
  });
  const [grant] = answer.granted;
  if (grant) {
    // The training is no longer stopped, however long the answer takes.
    await deps.ledger.batches.clearStop(batch, trainingLane(fingerprint), deps.now());
    failpoint('claimed', grant.submission);
    const limit = { sendBy: before + grant.sendWithinMs, now };
    return await deps.paid.during(access.timeouts.postMs, () =>
      post(training, row, grant.submission, limit),
    );
  }
  // Attached: another worker has claimed it since the check.
  if (answer.next.kind === 'go') return 1_000;
  if (isBeyondPlan(answer.next)) {
    const again = 'run the batch again to accept it';
    return { block: `the accepted plan does not pay for training ${set.name}; ${again}` };
  }
  return whileClosed(answer.next);
}

/** Whether the accepted plan excludes the price. A budget that may be raised does not count. */
function isBeyondPlan(next: ClaimAnswer['next']): boolean {
  if (next.kind !== 'stopped') return false;
  const { reason } = next;
  return (
    reason.kind === 'unknownPrice' || (reason.kind === 'budget' && reason.scope === 'accepted')
  );
}

async function post(
  training: Training,
  row: ModelRow,
  submission: string,
  limit: SendLimit,
): Promise<number> {
  const { deps, access, port } = training;
  const model = row.remoteId ?? '';
  failpoint('sending', submission);
  try {
    await port.start(model, { ...limit, timeoutMs: access.timeouts.postMs });
  } catch (error) {
    await recordFailure(training, row, submission, error);
    return 1_000;
  }
  failpoint('answered', submission);
  const job = { job: { model }, id: model };
  await recordStarted(deps, submission, job, trainingTimes(access));
  await setPhase(training, ['armed'], 'triggered', {});
  return access.timeouts.pollFirstMs;
}

/**
 * A refusal counts only for a model that has not begun to train. A gateway may have sent the
 * request twice and reported the result of the second one.
 */
async function recordFailure(
  training: Training,
  row: ModelRow,
  submission: string,
  error: unknown,
): Promise<void> {
  const { deps, access } = training;
  const { submissions } = deps.ledger;
  const { request, account, message } = access.provider.classify(error);
  await blockAccount(deps, access, account, null);
  const isBegun = request === 'refused' ? await hasBegun(training, row) : false;
  if (request === 'ambiguous' || isBegun !== false) {
    const why = isBegun === undefined ? `${message}; ${unasked}` : message;
    await submissions.ambiguous(submission, why, { mayStillRun: mayStillRun(error) });
    failpoint('ambiguous', submission);
    return;
  }
  const final = request === 'refused' && account.kind === 'fine';
  await submissions.rejected(submission, message, final ? 'fail' : 'reopen');
  if (final) await setPhase(training, ['armed'], 'failed', { why: message });
}

const unasked = 'and the vendor could not be asked whether the model trains';

/** Undefined: the vendor could not be reached. */
async function hasBegun({ deps, port }: Training, row: ModelRow): Promise<boolean | undefined> {
  try {
    const { phase } = await port.check(row.remoteId ?? '');
    return phase !== 'new' && phase !== 'missing';
  } catch (error) {
    deps.log(`the model ${row.remoteId}: ${messageOf(error)}`);
    return undefined;
  }
}

/**
 * Waits after a lost answer. The answer may still come, or the model may begin to train, until the
 * request is parked.
 */
export async function waitForTrigger(
  training: Training,
  trigger: Trigger,
  doubt: string,
): Promise<Advance> {
  const { deps, access } = training;
  const { submissions } = deps.ledger;
  if (trigger.state === 'parked') return undecided(training, trigger.why ?? 'its answer was lost');
  const { pollFirstMs, trainingPollMs } = access.timeouts;
  const waitedMs = elapsedSince(deps, trigger.overAt ?? trigger.deadlineAt);
  if (waitedMs < triggerPatienceMs(access))
    return Math.min(trainingPollMs, Math.max(pollFirstMs, waitedMs / 4));
  const why = trigger.why ?? 'no answer was recorded in time';
  await submissions.ambiguous(trigger.submission, why);
  await submissions.park(trigger.submission, `${why}, and ${doubt}`);
  return undecided(training, `${why}, and ${doubt}`);
}

/** A training that waits longer in the vendor's queue is parked. */
function triggerPatienceMs({ timeouts }: AccountAccess): number {
  return 2 * (timeouts.trainingPollMs + timeouts.postMs);
}

function undecided({ input, set }: Training, doubt: string): Advance {
  const block = `it is unknown whether the training of ${set.name} was paid for: ${doubt}; shotlist resolve ${input.batch}`;
  return { block };
}

/** The vendor has begun training: the request is paid for, even if the ledger had settled it otherwise. */
async function takeUp(training: Training, { trigger, remoteId }: ModelRow): Promise<number> {
  const { deps, access, set } = training;
  const { submissions } = deps.ledger;
  const model = remoteId ?? '';
  const times = trainingTimes(access);
  if (trigger === null) deps.log(`the model ${set.name} was trained by a request that is not ours`);
  else if (trigger.state === 'claimed')
    await submissions.ambiguous(trigger.submission, 'its model trains');
  if (trigger && !(await submissions.adopt(trigger.submission, { model }, model, times)))
    await submissions.lateJob(trigger.submission, { model }, model, times);
  await setPhase(training, ['armed'], 'triggered', {});
  return 0;
}

/**
 * A later run retries a refused training request with the existing model, which may still train. It
 * makes another model only if that one is still new long after the refusal.
 */
export async function retryRefused(
  training: Training,
  { remoteId }: ModelRow,
  trigger: Trigger,
): Promise<void> {
  const { deps, input, port } = training;
  const refusedForMs = elapsedSince(deps, trigger.endedAt ?? trigger.claimedAt);
  const isNew = refusedForMs > missingMs && (await port.check(remoteId ?? '')).phase === 'new';
  if (isNew) await deps.ledger.remotes.abandonModel(input.account, input.fingerprint);
  else await setPhase(training, ['failed'], 'armed', {});
}

function trainingTimes({ timeouts }: AccountAccess): { nextPollInMs: number; giveUpInMs: number } {
  const { trainingPollMs, trainingMs } = timeouts;
  return { nextPollInMs: trainingPollMs, giveUpInMs: trainingMs };
}
