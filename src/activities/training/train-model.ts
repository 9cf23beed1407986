import { randomUUID } from 'node:crypto';
import type { TrainingSet } from '../../batch/request.ts';
import { trainingLane } from '../../ledger/rules/lane-name.ts';
import { jumpWatchOf } from '../clock.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { pause, withHeartbeat } from '../heartbeat.ts';
import { accessFor, checkLedger } from '../own-work.ts';
import { advance } from './phases.ts';
import {
  hasEnded,
  mayBePaid,
  type Advance,
  type Training,
  type TrainModelInput,
  withoutAccess,
} from './training.ts';

export type TrainModelResult =
  /** `stopped`: the batch is cancelled or another run has replaced this one; nothing was blocked. */
  | { readonly kind: 'ready' | 'failed' | 'stopped' }
  | { readonly kind: 'again'; readonly inMs: number };

/** Renewed continuously, so that another worker soon takes over the training of a dead one. */
const leaseMs = 15_000;
const renewMs = 4_000;
const activityMs = 10 * 60_000;
const busyMs = 5_000;

/**
 * Turns one training set into a ready model. Every phase is a compare-and-set in the ledger under a
 * lease. A training that another batch or a dead worker started is continued, and never paid twice.
 */
export async function trainModel(
  deps: ActivityDependencies,
  input: TrainModelInput,
): Promise<TrainModelResult> {
  checkLedger(deps, input);
  const { batch, run, account, fingerprint } = input;
  const lane = trainingLane(fingerprint);
  const usable = await accessFor(deps, account, { batch, run, lane });
  if (usable.kind !== 'access') return withoutAccess(usable);
  const { access } = usable;
  const port = access.provider.train;
  const set = await trainingSetOf(deps, input);
  // The step no longer needs it: it is ready, or its shots are gone.
  if (!set) return { kind: 'ready' };
  if (!port) return await giveUp(deps, input, `${access.name} trains no models`);
  return await withHeartbeat(async (cancelled, report) => {
    const training: Training = { deps, access, port, input, set, cancelled };
    const until = deps.now() + activityMs;
    const { remotes } = deps.ledger;
    // Two steps may need one model at once, even in one worker: each call has its own lease.
    const owner = `${deps.worker}/${randomUUID()}`;
    const lease = (forMs = leaseMs) =>
      remotes.leaseModel(input.account, input.fingerprint, owner, forMs);
    await using _ = keepLease(lease);
    while (!cancelled.aborted && deps.now() < until) {
      jumpWatchOf(deps).look();
      const mine = await lease();
      const row = await remotes.model(input.account, input.fingerprint);
      report(`${set.name}: ${row?.phase ?? 'creating'}`);
      // After the end of the run, follow only a training that may be paid for.
      if (!mayBePaid(row?.trigger) && (await hasEnded(deps, input))) return { kind: 'stopped' };
      const result = mine && row ? await advance(training, row) : busyMs;
      if (mine) await tellStop(training, result);
      if (result === 'ready' || result === 'stopped') return { kind: result };
      if (result === 'failed') return await giveUp(deps, input, await whyOf(training));
      if (typeof result === 'object' && 'block' in result)
        return await giveUp(deps, input, result.block);
      const restMs = typeof result === 'number' ? result : result.inMs;
      if (restMs > 60_000) return { kind: 'again', inMs: restMs };
      await pause(restMs, cancelled);
    }
    cancelled.throwIfAborted();
    return { kind: 'again', inMs: 0 };
  });
}

/** Notes the reason while the training is stopped, and clears it afterwards. */
async function tellStop({ deps, input }: Training, result: Advance): Promise<void> {
  const { batches } = deps.ledger;
  const { batch, run } = input;
  const lane = trainingLane(input.fingerprint);
  if (typeof result === 'object' && 'stop' in result)
    await batches.noteStop({ batch, run, lane }, result.stop);
  else await batches.clearStop(batch, lane, deps.now());
}

/** Renews the lease during long requests. The next renewal makes up for a failed one. */
function keepLease(lease: (forMs?: number) => Promise<boolean>): AsyncDisposable {
  const timer = setInterval(() => void lease().catch(() => undefined), renewMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await lease(0).catch(() => undefined);
    },
  };
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
