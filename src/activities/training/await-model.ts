import { UserError } from '../../errors.ts';
import { plainLine } from '../../plain-text.ts';
import type { TrainingPort } from '../../providers/port.ts';
import { stopOf } from '../throttle/block-account.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { elapsedSince, jumpWatchOf } from '../clock.ts';
import { pause, withHeartbeat } from '../heartbeat.ts';
import { accessFor, checkLedger, type RunInput } from '../own-work.ts';
import { isUnlisted } from './look-for-model.ts';
import { forPersonMs, hasEnded, lookAgainMs, withoutAccess } from './training.ts';

export interface AwaitModelInput extends RunInput {
  /** Ledger key of the account. */
  readonly account: string;
  /** The vendor's id of the model. */
  readonly id: string;
  /** Lane of the shots that use the model. */
  readonly lane: string;
  /** Start of the wait, epoch milliseconds. */
  readonly sinceMs: number;
  /** The phase that was last reported. */
  readonly reported?: string;
}

export type AwaitModelResult =
  /** `stopped`: the batch is cancelled or another run has replaced this one; nothing was blocked. */
  | { readonly kind: 'ready' | 'failed' | 'stopped' }
  | { readonly kind: 'again'; readonly inMs: number; readonly reported: string };

const activityMs = 10 * 60_000;
/** Limit for a model to start training, or to appear at the vendor. */
const newMs = 10 * 60_000;

/** Result of one check: the model is ready, its shots are blocked, or the time of the next check. */
type Look =
  'ready' | { readonly block: string } | { readonly inMs: number; readonly phase: string };

/**
 * Waits until a model that the batch names by id is ready, before any of its shots is sent: the
 * vendor refuses early requests. All calls are free. A model that fails or never becomes ready
 * blocks its shots with the reason.
 */
export async function awaitModel(
  deps: ActivityDependencies,
  input: AwaitModelInput,
): Promise<AwaitModelResult> {
  checkLedger(deps, input);
  const usable = await accessFor(deps, input.account, input);
  if (usable.kind !== 'access') {
    const result = withoutAccess(usable);
    return result.kind === 'again' ? { ...result, reported: input.reported ?? '' } : result;
  }
  const { access } = usable;
  const { train: port } = access.provider;
  // Without a check call, the vendor reports an unready model when an image is requested.
  if (!port) return await seen(deps, input);
  return await withHeartbeat(async (cancelled, report) => {
    const until = deps.now() + activityMs;
    let reported = input.reported ?? '';
    while (!cancelled.aborted && deps.now() < until) {
      jumpWatchOf(deps).look();
      if (await hasEnded(deps, input)) return { kind: 'stopped' };
      const look = await lookAt(deps, access, port, input);
      if (look === 'ready') return await seen(deps, input);
      if ('block' in look) return await block(deps, input, look.block);
      report(`model ${input.id}: ${look.phase}`);
      if (look.phase !== reported)
        deps.log(`${access.name}: the model ${input.id} is ${look.phase}; its shots wait`);
      reported = look.phase;
      if (look.inMs > 60_000) return { kind: 'again', inMs: look.inMs, reported };
      await pause(look.inMs, cancelled);
    }
    cancelled.throwIfAborted();
    return { kind: 'again', inMs: 0, reported };
  });
}

async function lookAt(
  deps: ActivityDependencies,
  access: AccountAccess,
  port: TrainingPort,
  input: AwaitModelInput,
): Promise<Look> {
  const { id } = input;
  const elapsedMs = elapsedSince(deps, input.sinceMs);
  const inMs = lookAgainMs(access, elapsedMs);
  let state: Awaited<ReturnType<TrainingPort['check']>>;
  try {
    state = await port.check(id);
    if (state.phase === 'missing' && (await isUnlisted(port, id)))
      return { block: `${access.name} has no model ${id}` };
  } catch (error) {
    return await failureAt(deps, access, input, error);
  }
  switch (state.phase) {
    case 'ready':
      return 'ready';
    case 'failed':
      return { block: `the model ${id} has failed: ${plainLine(state.reason)}` };
    case 'new':
      return elapsedMs > newMs
        ? { block: `the model ${id} is not trained, and no training has begun` }
        : { inMs, phase: 'not trained yet' };
    case 'missing':
      return elapsedMs > newMs
        ? { block: `${access.name} lists the model ${id} and does not show it` }
        : { inMs, phase: 'not shown yet' };
    default:
      return elapsedMs > access.timeouts.trainingMs
        ? { block: `the model ${id} is still training after its time limit` }
        : { inMs, phase: 'training' };
  }
}

/** An account problem stops the lane, as for any request. Other failures pass, or end at the time limit. */
async function failureAt(
  deps: ActivityDependencies,
  access: AccountAccess,
  { batch, run, lane, id, sinceMs }: AwaitModelInput,
  error: unknown,
): Promise<Look> {
  const { account, message } = access.provider.classify(error);
  const stop = await stopOf(deps, access, account);
  if (stop) {
    await deps.ledger.batches.noteStop({ batch, run, lane }, stop);
    return { inMs: forPersonMs, phase: message };
  }
  if (error instanceof UserError) return { block: message };
  if (account.kind === 'fine' && elapsedSince(deps, sinceMs) > access.timeouts.trainingMs)
    return { block: `whether the model ${id} is ready is not known: ${message}` };
  const waitMs = account.kind === 'limited' ? (account.retryAfterMs ?? 0) : 0;
  return { inMs: Math.max(waitMs, access.timeouts.pollMs), phase: message };
}

async function seen(
  { ledger, now }: ActivityDependencies,
  { batch, account, id, lane }: AwaitModelInput,
): Promise<AwaitModelResult> {
  await ledger.remotes.seeModel(account, id);
  await ledger.batches.clearStop(batch, lane, now());
  return { kind: 'ready' };
}

async function block(
  { ledger, log }: ActivityDependencies,
  { batch, run, account, id }: AwaitModelInput,
  why: string,
): Promise<AwaitModelResult> {
  log(why);
  await ledger.plans.block(batch, run, { model: { account, id } }, why);
  return { kind: 'failed' };
}
