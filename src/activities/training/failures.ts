import type { ModelRow } from '../../ledger/port.ts';
import { stopOf } from '../throttle/block-account.ts';
import type { AccountAccess } from '../dependencies.ts';
import { isAnswer, missingMs } from '../poll-job.ts';
import { isOverdue, trainingStalled } from './follow-training.ts';
import {
  type Advance,
  type Training,
  forPersonMs,
  lookAgainMs,
  mayBePaid,
  setPhase,
} from './training.ts';
import { waitForTrigger } from './trigger-training.ts';

/** Phases before all images are uploaded. */
const making = ['creating', 'created', 'uploading'] as const;

export function isMaking({ phase }: ModelRow): boolean {
  return (making as readonly string[]).includes(phase);
}

/** By account and training: the start of a series of unusable answers. Losing it restarts the wait. */
const since = new WeakMap<AccountAccess, Map<string, number>>();

/**
 * Ends the series of unusable answers. Answers while a model is made do not count: they say nothing
 * about the next call.
 */
export function failureIsOver({ access, input }: Training): void {
  since.get(access)?.delete(input.fingerprint);
}

function failingForMs({ access, input, deps }: Training): number {
  const known = since.get(access) ?? new Map<string, number>();
  since.set(access, known);
  const from = known.get(input.fingerprint) ?? deps.steadyNow();
  known.set(input.fingerprint, from);
  return deps.steadyNow() - from;
}

/**
 * Handles a failed call of a phase. A failure that a person must fix stops the training. A refusal
 * before any possible payment fails it. Any other failure passes, or ends at a time limit with the
 * reason.
 */
export async function failureAt(
  training: Training,
  row: ModelRow,
  error: unknown,
): Promise<Advance> {
  const { deps, access, set } = training;
  const { account, message, request } = access.provider.classify(error);
  deps.log(`training ${set.name}: ${message}`);
  const stop = await stopOf(deps, access, account);
  if (mayBePaid(row.trigger) && isAnswer(error)) {
    const ended = await endOfPaid(training, row, message);
    if (ended !== undefined) return ended;
  }
  if (stop) return { stop, inMs: forPersonMs };
  const waitMs = 'retryAfterMs' in account ? account.retryAfterMs : 0;
  if (account.kind !== 'fine' || !isAnswer(error)) return Math.max(waitMs, access.timeouts.pollMs);
  const forMs = failingForMs(training);
  if (!mayBePaid(row.trigger)) {
    const ended = await endOfUnpaid(training, row, {
      message,
      forMs,
      isFinal: request === 'refused',
    });
    if (ended !== undefined) return ended;
  }
  return Math.max(access.timeouts.pollMs, lookAgainMs(access, forMs));
}

/** The money stays reserved, with any answer of the vendor: a later run, or a person, resolves it. */
async function endOfPaid(
  training: Training,
  row: ModelRow,
  message: string,
): Promise<Advance | undefined> {
  if (row.phase === 'triggered')
    return isOverdue(training, row)
      ? await trainingStalled(training, row, `after its time limit: ${message}`)
      : undefined;
  if (!mayBePaid(row.trigger)) return undefined;
  return await waitForTrigger(training, row.trigger, `the vendor says of the model: ${message}`);
}

async function endOfUnpaid(
  training: Training,
  { phase }: ModelRow,
  { message, forMs, isFinal }: { message: string; forMs: number; isFinal: boolean },
): Promise<Advance | undefined> {
  const { access, set } = training;
  if (phase === 'ready' || phase === 'triggered' || phase === 'failed')
    return forMs > access.timeouts.trainingMs
      ? { block: `the state of the model ${set.name} is not known: ${message}` }
      : undefined;
  if (!isFinal && forMs <= missingMs) return undefined;
  // The phase may have changed since the row was read.
  const from = phase === 'armed' ? (['armed'] as const) : making;
  await setPhase(training, from, 'failed', { why: message });
  return 'failed';
}
