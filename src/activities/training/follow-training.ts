import type { ModelRow, Trigger } from '../../ledger/port.ts';
import { plainLine } from '../../plain-text.ts';
import { elapsedSince } from '../clock.ts';
import { lookForModel } from './look-for-model.ts';
import { lookAgainMs, setPhase, type Advance, type Training } from './training.ts';

/** Checks a triggered training once. One past its time limit is stalled. */
export async function followTraining(training: Training, row: ModelRow): Promise<Advance> {
  const { submissions } = training.deps.ledger;
  const found = await lookForModel(training, row);
  switch (found.phase) {
    case 'gone':
      return await trainingFailed(training, row, 'the vendor no longer has the model');
    case 'ready':
      if (row.trigger !== null)
        await submissions.succeeded(row.trigger.submission, { outputs: [], billed: null });
      await setPhase(training, ['triggered'], 'ready', {});
      return 'ready';
    case 'failed':
      return await trainingFailed(training, row, plainLine(found.reason));
    default:
      if (isOverdue(training, row))
        return await trainingStalled(training, row, 'still training after its time limit');
      return found.phase === 'ambiguous' ? found.againMs : pollDelayMs(training, row);
  }
}

/**
 * Confirms a model that an earlier run trained, before this run's first use of it. A model that is
 * gone is forgotten; training it again needs a new claim.
 */
export async function confirmReady(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, input, set } = training;
  const found = await lookForModel(training, row);
  // Use a listed model: if it is gone after all, the vendor refuses the images for free.
  if (found.phase === 'ambiguous' && !found.isListed) return found.againMs;
  if (found.phase === 'gone') {
    deps.log(`the trained model ${set.name} is gone at the vendor`);
    await deps.ledger.remotes.forgetModel(input.account, row.remoteId ?? '');
    return 0;
  }
  await setPhase(training, ['ready'], 'ready', {});
  return 'ready';
}

/** Counted from the known start: before that, the training may have waited in the vendor's queue. */
export function isOverdue(training: Training, { trigger }: ModelRow): boolean {
  return trigger !== null && trainsForMs(training, trigger) > training.access.timeouts.trainingMs;
}

function trainsForMs({ deps }: Training, { submittedAt, claimedAt }: Trigger): number {
  return elapsedSince(deps, submittedAt ?? claimedAt);
}

/** The money stays reserved, and a later run checks again. */
export async function trainingStalled(
  training: Training,
  row: ModelRow,
  doubt: string,
): Promise<'failed'> {
  const why = `${doubt}; a later run looks again`;
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

function pollDelayMs(training: Training, { trigger }: ModelRow): number {
  return lookAgainMs(training.access, trigger === null ? 0 : trainsForMs(training, trigger));
}
