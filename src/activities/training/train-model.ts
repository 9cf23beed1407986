import { randomUUID } from 'node:crypto';
import type { TrainingSet } from '../../batch/request.ts';
import type { ModelRow } from '../../ledger/port.ts';
import { liveStates } from '../../ledger/rules/transitions.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { confirmReady, followTraining } from './follow-training.ts';
import { withHeartbeat, pause } from '../heartbeat.ts';
import { reached } from '../moments.ts';
import { accessOf, checkLedger } from '../own-work.ts';
import { retryRefused, triggerTraining } from './trigger-training.ts';
import {
  hasEnded,
  setPhase,
  type Advance,
  type Training,
  type TrainModelInput,
} from './training.ts';
import { addTrainingImages } from './training-images.ts';

export type TrainModelResult =
  /** `stopped`: the batch is cancelled or another run has its place; nothing was blocked. */
  | { readonly kind: 'ready' | 'failed' | 'stopped' }
  | { readonly kind: 'again'; readonly inMs: number };

/** Renewed all the while, so that a dead worker's training is soon gone on with. */
const leaseMs = 15_000;
const renewMs = 4_000;
const activityMs = 10 * 60_000;
const busyMs = 5_000;
/** Phases before the pictures are there. */
const making = ['creating', 'created', 'uploading'] as const;

/**
 * Brings one training set to a ready model. Every phase is a compare-and-set in the ledger under a lease,
 * so a training that another batch or a dead worker began is gone on with, and never paid twice.
 */
export async function trainModel(
  deps: ActivityDependencies,
  input: TrainModelInput,
): Promise<TrainModelResult> {
  checkLedger(deps, input);
  const access = accessOf(deps, input.account);
  const port = access.provider.train;
  const set = await trainingSetOf(deps, input);
  // The step needs it no more: ready, or its shots are gone.
  if (!set) return { kind: 'ready' };
  if (!port) return await giveUp(deps, input, `${access.name} trains no models`);
  return await withHeartbeat(async (cancelled, tell) => {
    const training: Training = { deps, access, port, input, set, cancelled };
    const until = deps.now() + activityMs;
    const { remotes } = deps.ledger;
    // Two steps may need one model at once, in one worker too: each call leases for itself.
    const owner = `${deps.worker}/${randomUUID()}`;
    const lease = (forMs = leaseMs) =>
      remotes.leaseModel(input.account, input.fingerprint, owner, forMs);
    await using _ = keepLease(lease);
    while (!cancelled.aborted && deps.now() < until) {
      const mine = await lease();
      const row = await remotes.model(input.account, input.fingerprint);
      tell(`${set.name}: ${row?.phase ?? 'creating'}`);
      // Only a training that may have been paid for is followed on.
      if (!mayBePaid(row) && (await hasEnded(deps, input))) return { kind: 'stopped' };
      const restMs = mine && row ? await advance(training, row) : busyMs;
      if (restMs === 'ready' || restMs === 'stopped') return { kind: restMs };
      if (restMs === 'failed') return await giveUp(deps, input, await whyOf(training));
      if (restMs > 60_000) return { kind: 'again', inMs: restMs };
      await pause(restMs, cancelled);
    }
    cancelled.throwIfAborted();
    return { kind: 'again', inMs: 0 };
  });
}

const undecided: ReadonlySet<string> = new Set(liveStates);

/** A request to train is on its way, or was carried out, or nobody knows. */
function mayBePaid(row: ModelRow | undefined): boolean {
  return row !== undefined && row.trigger !== null && undecided.has(row.trigger.state);
}

/** Long requests must not outlive the lease. A renewal that fails is made up for by the next. */
function keepLease(lease: (forMs?: number) => Promise<boolean>): AsyncDisposable {
  const timer = setInterval(() => void lease().catch(() => undefined), renewMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await lease(0).catch(() => undefined);
    },
  };
}

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

/** One phase forward. @returns milliseconds until the next look, or how it ended */
async function advance(training: Training, row: ModelRow): Promise<Advance> {
  const { access } = training;
  try {
    switch (row.phase) {
      case 'ready':
        return await confirmReady(training, row);
      case 'failed':
        return await afterFailure(training, row);
      case 'creating':
        return await create(training);
      case 'created':
      case 'uploading':
        return await addTrainingImages(training, row);
      case 'armed':
        return await triggerTraining(training, row);
      case 'triggered':
        return await followTraining(training, row);
    }
  } catch (error) {
    const { account, message, request } = access.provider.classify(error);
    training.deps.log(`training ${training.set.name}: ${message}`);
    const isUnpaid = row.trigger === null && row.phase !== 'failed';
    if (request === 'refused' && account.kind === 'fine' && isUnpaid) {
      // The phase may have moved on since `row` was read.
      const from = row.phase === 'armed' ? (['armed'] as const) : making;
      await setPhase(training, from, 'failed', { why: message });
      return 'failed';
    }
    const restMs = 'retryAfterMs' in account ? account.retryAfterMs : 0;
    return Math.max(restMs, access.timeouts.pollMs);
  }
}

/** A model whose answer was lost stays behind untrained, which costs nothing. */
async function create(training: Training): Promise<number> {
  const { name, subject } = training.set;
  const remoteId = await training.port.create({ name, subject });
  await setPhase(training, ['creating'], 'created', { remoteId });
  reached('model-created', training.input.fingerprint);
  return 0;
}

async function whyOf({ deps, input }: Training): Promise<string> {
  const row = await deps.ledger.remotes.model(input.account, input.fingerprint);
  return row?.why ?? 'the training failed';
}

async function giveUp(
  deps: ActivityDependencies,
  input: TrainModelInput,
  why: string,
): Promise<TrainModelResult> {
  const where = { trainingFingerprint: input.fingerprint };
  await deps.ledger.plans.block(input.batch, input.run, where, why);
  return { kind: 'failed' };
}

async function trainingSetOf(
  deps: ActivityDependencies,
  input: TrainModelInput,
): Promise<TrainingSet | undefined> {
  const needed = await deps.ledger.plans.neededTrainings(input.batch, input.run, input.step);
  return needed.find(
    ({ account, choice }) =>
      account === input.account && choice.set.fingerprint === input.fingerprint,
  )?.choice.set;
}
