import type { ModelRow } from '../../ledger/port.ts';
import { seemsAvailable } from '../throttle/availability.ts';
import { failpoint } from '../failpoints.ts';
import { confirmReady, followTraining } from './follow-training.ts';
import { noteMade } from './look-for-model.ts';
import { mayBePaid, setPhase, whileClosed, type Advance, type Training } from './training.ts';
import { addTrainingImages } from './training-images.ts';
import { isMaking, failureAt, failureIsOver } from './failures.ts';
import { retryRefused, triggerTraining } from './trigger-training.ts';

/**
 * A failed training blocks its shots, and a later run tries again. The run that saw the failure
 * does not pay again. Its shots may have been planned after the failure, or this activity
 * interrupted after it.
 */
async function afterFailure(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, input } = training;
  const { remotes, batches } = deps.ledger;
  const startedAt = (await batches.get(input.batch))?.startedAt ?? Infinity;
  const seenAt = row.seenAt ?? -Infinity;
  // A time in the future: the clock was set back since.
  if (seenAt >= startedAt && seenAt <= deps.now()) return 'failed';
  if (row.trigger?.state === 'rejected') await retryRefused(training, row, row.trigger);
  else await remotes.abandonModel(input.account, input.fingerprint);
  return 0;
}

/** States of a request that the vendor has carried out. */
const carriedOut: ReadonlySet<string> = new Set(['submitted', 'stalled', 'succeeded']);

/**
 * A request that may be paid for takes precedence over the row's phase. Its sender may have died
 * before it wrote the phase. Or its answer came after the model was forgotten or replaced. No other
 * request is paid meanwhile.
 */
async function turnToPaid(training: Training, row: ModelRow): Promise<boolean> {
  const { phase, remoteId, trigger } = row;
  if (trigger === null || phase === 'triggered' || phase === 'ready') return false;
  if (carriedOut.has(trigger.state) && trigger.jobId !== null)
    return await setPhase(training, [phase], 'triggered', { remoteId: trigger.jobId });
  if (phase === 'armed' || remoteId === null || !mayBePaid(trigger)) return false;
  return await setPhase(training, [phase], 'armed', {});
}

/**
 * Advances the training by one phase.
 * @returns milliseconds until the next check, or the result
 */
export async function advance(training: Training, row: ModelRow): Promise<Advance> {
  try {
    if (await turnToPaid(training, row)) return 0;
    const result = await step(training, row);
    if (!isMaking(row)) failureIsOver(training);
    return result;
  } catch (error) {
    return await failureAt(training, row, error);
  }
}

async function step(training: Training, row: ModelRow): Promise<Advance> {
  switch (row.phase) {
    case 'ready':
      return await confirmReady(training, row);
    case 'failed':
      return await afterFailure(training, row);
    case 'creating':
    case 'created':
    case 'uploading':
      return await make(training, row);
    case 'armed':
      return await triggerTraining(training, row);
    case 'triggered':
      return await followTraining(training, row);
  }
}

/** Creates nothing for a training that cannot be paid for now. */
async function make(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, access, input } = training;
  const { batch, run, account } = input;
  const closed = await deps.ledger.claims.closed({ batch, run, account });
  if (closed) return whileClosed(closed);
  // The reason is in the ledger by then.
  if (!(await seemsAvailable(deps, access, input))) return access.timeouts.pollFirstMs;
  return row.phase === 'creating' ? await create(training) : await addTrainingImages(training, row);
}

/** If the answer is lost, the model stays at the vendor untrained, which costs nothing. */
async function create(training: Training): Promise<number> {
  const { name, subject } = training.set;
  const remoteId = await training.port.create({ name, subject });
  noteMade(training, remoteId);
  await setPhase(training, ['creating'], 'created', { remoteId });
  failpoint('model-created', training.input.fingerprint);
  return 0;
}
