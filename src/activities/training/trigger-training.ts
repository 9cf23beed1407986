import type { ModelRow } from '../../ledger/port.ts';
import { trainingLane } from '../../ledger/rules/lane-name.ts';
import type { SendLimit } from '../claim-and-start.ts';
import { neverBackwards } from '../clock.ts';
import { claimWhenAvailable } from '../account/availability.ts';
import { holdAccount } from '../account/hold-account.ts';
import type { Advance, Training } from './training.ts';
import { setPhase } from './training.ts';
import { pause } from '../heartbeat.ts';
import { reached } from '../moments.ts';
import { recordStarted } from '../record-started.ts';

/**
 * The paid trigger, through the door to money. Where an earlier one is unclear, the model itself tells:
 * training or ready means it arrived; still new after every time limit means it did not.
 */
export async function triggerTraining(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, access, input, set } = training;
  if (await foundTriggered(training, row)) return 0;
  const now = neverBackwards(deps.now);
  let before = now();
  const answer = await claimWhenAvailable(deps, access, input, (isCheck) => {
    before = now();
    return deps.ledger.claims.claimTraining(
      {
        batch: input.batch,
        run: input.run,
        account: input.account,
        fingerprint: input.fingerprint,
        price: access.trainingPrice,
        key: `train/${set.name}`,
      },
      {
        window: isCheck ? 0 : 1,
        postTimeoutMs: access.timeouts.postMs,
        worker: deps.worker,
      },
    );
  });
  const [grant] = answer.granted;
  const { batch, run, fingerprint } = input;
  const lane = trainingLane(fingerprint);
  if (answer.next.kind !== 'stopped') await deps.ledger.reports.clearStop(batch, lane, deps.now());
  if (grant) reached('claimed', grant.submission);
  if (grant) {
    const limit = { sendBy: before + grant.sendWithinMs, now };
    return await deps.paid.during(access.timeouts.postMs, () =>
      post(training, row, grant.submission, limit),
    );
  }
  if (answer.attached > 0) return await settleTrigger(training, row);
  if (answer.next.kind === 'wait') return answer.next.ms;
  if (answer.next.kind === 'go') return 1_000;
  const { reason } = answer.next;
  const { kind } = reason;
  const beyondPlan = kind === 'unknownPrice' || (kind === 'budget' && reason.scope === 'accepted');
  if (beyondPlan) {
    const why = `the accepted plan does not pay for training ${set.name}; run the batch again to accept it`;
    await setPhase(training, ['armed'], 'armed', { why });
    return 'failed';
  }
  if (kind === 'cancelled' || kind === 'superseded') return 'stopped';
  // Paused, held or over a budget that may be raised: it goes on when that ends.
  await deps.ledger.reports.noteStop({ batch, run, lane }, reason);
  return 3_000;
}

async function post(
  training: Training,
  row: ModelRow,
  submission: string,
  limit: SendLimit,
): Promise<number> {
  const { deps, access, port } = training;
  const { submissions } = deps.ledger;
  const model = row.remoteId ?? '';
  reached('sending', submission);
  try {
    await port.start(model, { ...limit, timeoutMs: access.timeouts.postMs });
  } catch (error) {
    const verdict = access.provider.classify(error);
    await holdAccount(deps, access, verdict.account, null);
    if (verdict.request === 'unknown') {
      await submissions.ambiguous(submission, verdict.message);
      reached('unclear', submission);
      return 1_000;
    }
    const final = verdict.request === 'refused' && verdict.account.kind === 'fine';
    await submissions.rejected(submission, verdict.message, final ? 'fail' : 'reopen');
    if (final) await setPhase(training, ['armed'], 'failed', { why: verdict.message });
    return 1_000;
  }
  reached('answered', submission);
  const job = { job: { model }, id: model };
  await recordStarted(deps, submission, job, trainingTimes(training));
  await setPhase(training, ['armed'], 'triggered', {});
  return access.timeouts.pollFirstMs;
}

/** A trigger of ours or of a dead worker that has no recorded answer. */
async function settleTrigger(training: Training, row: ModelRow): Promise<number> {
  const { deps, access, input } = training;
  // Long enough for a trigger under way to arrive, whoever sent it.
  const settleMs = 2 * access.timeouts.postMs + 5_000;
  await pause(Math.min(settleMs, 60_000), training.cancelled);
  const current = await deps.ledger.remotes.model(input.account, input.fingerprint);
  if (!current || current.phase !== 'armed' || current.submission === null) return 0;
  if (await foundTriggered(training, { ...row, submission: current.submission })) return 0;
  await pause(Math.max(0, settleMs - 60_000), training.cancelled);
  if (training.cancelled.aborted) return 0;
  if (await foundTriggered(training, { ...row, submission: current.submission })) return 0;
  const { submissions } = deps.ledger;
  await submissions.ambiguous(current.submission, 'no answer was recorded');
  await submissions.absent(current.submission);
  return 0;
}

/** Whether the vendor has begun: then the submission is theirs and the phase moves on. */
async function foundTriggered(training: Training, row: ModelRow): Promise<boolean> {
  const { deps, port } = training;
  const { submissions, remotes } = deps.ledger;
  const model = row.remoteId ?? '';
  const { phase } = await port.check(model);
  if (phase === 'new') return false;
  if (phase === 'missing') {
    await remotes.abandonModel(training.input.account, training.input.fingerprint);
    return true;
  }
  if (row.submission !== null) {
    await submissions.ambiguous(row.submission, 'no answer was recorded');
    await submissions.adopt(row.submission, { model }, model, trainingTimes(training));
  }
  await setPhase(training, ['armed'], 'triggered', {});
  return true;
}

function trainingTimes({ access }: Training): { nextPollInMs: number; giveUpInMs: number } {
  const { trainingPollMs, trainingMs } = access.timeouts;
  return { nextPollInMs: trainingPollMs, giveUpInMs: trainingMs };
}
