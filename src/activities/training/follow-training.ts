import type { ModelRow } from '../../ledger/port.ts';
import { plainLine } from '../../plain-text.ts';
import type { TrainingPort } from '../../providers/port.ts';
import type { Advance, Training } from './training.ts';
import { lookAgainMs, setPhase } from './training.ts';

/** Looks once at a training that was triggered. One past its time limit is not waited for any longer. */
export async function followTraining(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, port } = training;
  const { submissions } = deps.ledger;
  const state = await port.check(row.remoteId ?? '');
  switch (state.phase) {
    case 'ready':
      if (row.submission !== null)
        await submissions.succeeded(row.submission, { outputs: [], billed: null });
      await setPhase(training, ['triggered'], 'ready', {});
      return 'ready';
    case 'failed':
      return await trainingFailed(training, row, plainLine(state.reason));
    case 'missing':
      return await trainingFailed(training, row, 'the vendor no longer has the model');
    default:
      return isOverdue(training, row)
        ? await trainingStalled(training, row)
        : pollDelayMs(training, row);
  }
}

/**
 * A model that an earlier run trained, before this run's first use of it. One that is gone is forgotten;
 * training it again goes through the door to money like any other.
 */
export async function confirmReady(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, port, input, set } = training;
  const id = row.remoteId ?? '';
  const { phase } = await port.check(id);
  if (phase === 'missing' && (await isUnlisted(port, id))) {
    deps.log(`the trained model ${set.name} is gone at the vendor`);
    await deps.ledger.remotes.forgetModel(input.account, id);
    return 0;
  }
  await setPhase(training, ['ready'], 'ready', {});
  return 'ready';
}

/** One answer is not enough to say that a model is gone, nor is a list with gaps. */
export async function isUnlisted(port: TrainingPort, id: string): Promise<boolean> {
  const { entries, unreadable } = await port.list();
  return unreadable === 0 && !entries.some((model) => model.id === id);
}

function isOverdue({ deps, access }: Training, { triggeredAt }: ModelRow): boolean {
  return triggeredAt !== null && deps.now() - triggeredAt > access.timeouts.trainingMs;
}

/** Its money stays reserved, and a later run looks at it again. */
async function trainingStalled(training: Training, row: ModelRow): Promise<'failed'> {
  const why = 'still training after its time limit; a later run looks again';
  if (row.submission !== null) await training.deps.ledger.submissions.stalled(row.submission, why);
  await setPhase(training, ['triggered'], 'triggered', { why });
  return 'failed';
}

async function trainingFailed(training: Training, row: ModelRow, why: string): Promise<'failed'> {
  const { submissions } = training.deps.ledger;
  if (row.submission !== null)
    await submissions.failed(row.submission, { reason: why, refunded: null, billed: null });
  await setPhase(training, ['triggered'], 'failed', { why });
  return 'failed';
}

function pollDelayMs({ deps, access }: Training, row: ModelRow): number {
  return lookAgainMs(access, deps.now() - (row.triggeredAt ?? deps.now()));
}
