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
 * A failed training blocks its shots, and a later run tries again. Within the run that saw it fail it is
 * not paid again: its shots may be open since they were planned, or this was cut off, after it failed.
 */
async function afterFailure(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, input } = training;
  const { remotes, batches } = deps.ledger;
  const startedAt = (await batches.get(input.batch))?.startedAt ?? Infinity;
  const seenAt = row.seenAt ?? -Infinity;
  // Seen later than now: the clock was set back since.
  if (seenAt >= startedAt && seenAt <= deps.now()) return 'failed';
  if (row.trigger?.state === 'rejected') await retryRefused(training, row, row.trigger);
  else await remotes.abandonModel(input.account, input.fingerprint);
  return 0;
}

/** What is known to have been carried out. */
const carriedOut: ReadonlySet<string> = new Set(['submitted', 'stalled', 'succeeded']);

/**
 * A request that may be paid for goes before whatever else the row was about to do: its sender died before it wrote
 * the phase, or its answer came after the model was forgotten or another one begun. No other is paid for meanwhile.
 */
async function turnToPaid(training: Training, row: ModelRow): Promise<boolean> {
  const { phase, remoteId, trigger } = row;
  if (trigger === null || phase === 'triggered' || phase === 'ready') return false;
  if (carriedOut.has(trigger.state) && trigger.jobId !== null)
    return await setPhase(training, [phase], 'triggered', { remoteId: trigger.jobId });
  if (phase === 'armed' || remoteId === null || !mayBePaid(trigger)) return false;
  return await setPhase(training, [phase], 'armed', {});
}

/** One phase forward. @returns milliseconds until the next look, or how it ended */
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

/** Nothing is made for a training that could not be paid for now. */
async function make(training: Training, row: ModelRow): Promise<Advance> {
  const { deps, access, input } = training;
  const { batch, run, account } = input;
  const closed = await deps.ledger.claims.closed({ batch, run, account });
  if (closed) return whileClosed(closed);
  // What keeps it from being so is in the ledger then.
  if (!(await seemsAvailable(deps, access, input))) return access.timeouts.pollFirstMs;
  return row.phase === 'creating' ? await create(training) : await addTrainingImages(training, row);
}

/** A model whose answer was lost stays behind untrained, which costs nothing. */
async function create(training: Training): Promise<number> {
  const { name, subject } = training.set;
  const remoteId = await training.port.create({ name, subject });
  noteMade(training, remoteId);
  await setPhase(training, ['creating'], 'created', { remoteId });
  failpoint('model-created', training.input.fingerprint);
  return 0;
}
