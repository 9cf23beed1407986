import type { ModelRow } from '../../ledger/port.ts';
import { plainLine } from '../../plain-text.ts';
import { lookForModel } from './look-for-model.ts';
import { setPhase, type Advance, type Training } from './training.ts';

/** Looks once at a training that was triggered. One past its time limit is not waited for any longer. */
export async function followTraining(training: Training, row: ModelRow): Promise<Advance> {
  const { submissions } = training.deps.ledger;
  const found = await lookForModel(training, row);
  if (found === 'gone')
    return await trainingFailed(training, row, 'the vendor no longer has the model');
  if (typeof found === 'number')
    return isOverdue(training, row) ? await trainingStalled(training, row) : found;
  switch (found.phase) {
    case 'ready':
      if (row.trigger !== null)
        await submissions.succeeded(row.trigger.submission, { outputs: [], billed: null });
      await setPhase(training, ['triggered'], 'ready', {});
      return 'ready';
    case 'failed':
      return await trainingFailed(training, row, plainLine(found.reason));
    default:
      return isOverdue(training, row)
        ? await trainingStalled(training, row)
        : pollDelayMs(training, row);
  }
}

/**
 * A model that an earlier run trained, before this run's first use of it. One that is gone is forgotten;
 * training it again goes through the ledger's claim like any other.
 */
export async function confirmReady(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, input, set } = training;
  const found = await lookForModel(training, row);
  if (typeof found === 'number') return found;
  if (found === 'gone') {
    deps.log(`the trained model ${set.name} is gone at the vendor`);
    await deps.ledger.remotes.forgetModel(input.account, row.remoteId ?? '');
    return 0;
  }
  await setPhase(training, ['ready'], 'ready', {});
  return 'ready';
}

function isOverdue({ deps, access }: Training, { trigger }: ModelRow): boolean {
  return trigger !== null && deps.now() - trigger.claimedAt > access.timeouts.trainingMs;
}

/** Its money stays reserved, and a later run looks at it again. */
async function trainingStalled(training: Training, row: ModelRow): Promise<'failed'> {
  const why = 'still training after its time limit; a later run looks again';
  if (row.trigger !== null)
    await training.deps.ledger.submissions.stalled(row.trigger.submission, why);
  await setPhase(training, ['triggered'], 'triggered', { why });
  return 'failed';
}

async function trainingFailed(training: Training, row: ModelRow, why: string): Promise<'failed'> {
  const { submissions } = training.deps.ledger;
  if (row.trigger !== null)
    await submissions.failed(row.trigger.submission, { reason: why, refunded: null, billed: null });
  await setPhase(training, ['triggered'], 'failed', { why });
  return 'failed';
}

/** A tenth of the time it has taken, so that short trainings end soon; at most the vendor's advice. */
function pollDelayMs({ deps, access }: Training, row: ModelRow): number {
  const { pollFirstMs, trainingPollMs } = access.timeouts;
  const elapsedMs = deps.now() - (row.trigger?.claimedAt ?? deps.now());
  const usualMs = Math.min(trainingPollMs, Math.max(pollFirstMs, elapsedMs / 10));
  return Math.max(usualMs, access.pulse.polls.leastMs);
}
