import type { ModelRow } from '../../ledger/port.ts';
import type { TrainingPort } from '../../providers/port.ts';
import { jumpWatchOf } from '../clock.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { missingMs } from '../poll-job.ts';
import { lookAgainMs, type Training } from './training.ts';

type ModelState = Awaited<ReturnType<TrainingPort['check']>>;

type Seen =
  | Exclude<ModelState, { readonly phase: 'missing' }>
  | { readonly phase: 'gone' }
  /** It is said to be missing. `isListed`: the list of models shows it, or cannot be read whole. */
  | {
      readonly phase: 'ambiguous';
      readonly isListed: boolean;
      /** For ten minutes. */
      readonly isLong: boolean;
      readonly againMs: number;
    };

/** By the ids of models that this process has made: in which run. Losing it costs one model more, which is free. */
const made = new WeakMap<ActivityDependencies, Map<string, string>>();

export function noteMade({ deps, input }: Training, model: string): void {
  const known = made.get(deps) ?? new Map<string, string>();
  made.set(deps, known.set(model, runOf(input)));
}

/** Where the vendor does not show it, it would not show another either. */
export function isOfThisRun({ deps, input }: Training, { remoteId }: ModelRow): boolean {
  return made.get(deps)?.get(remoteId ?? '') === runOf(input);
}

function runOf({ batch, run }: Training['input']): string {
  return `${batch}#${run}`;
}

/**
 * Asks the vendor for the model. One with a training that may be paid for is `gone` only when the vendor has
 * said for ten minutes that it does not have it, and lists all of its models without it: else some wrong
 * answers would pay for the training a second time.
 */
export async function lookForModel(training: Training, row: ModelRow): Promise<Seen> {
  const { deps, port, input, set } = training;
  const { remotes } = deps.ledger;
  const id = row.remoteId ?? '';
  const state = await port.check(id);
  const isMissing = state.phase === 'missing';
  if (isMissing || row.missingSince !== null)
    await remotes.noteModelMissing(input.account, input.fingerprint, isMissing);
  if (state.phase !== 'missing') return state;
  const isListed = !(await isUnlisted(port, id));
  const missingForMs = deps.now() - (row.missingSince ?? deps.now());
  const isLong = missingForMs >= missingMs && jumpWatchOf(deps).isSteadyFor(missingMs);
  // A new one may be slow to appear, in the list as well.
  const isSoonGone = !isListed && made.get(deps)?.has(id) !== true;
  const isGone = row.trigger === null ? isLong || isSoonGone : isLong && !isListed;
  if (isGone) return { phase: 'gone' };
  deps.log(`the vendor says that it does not have the model ${set.name}; it is asked again`);
  const againMs = lookAgainMs(training.access, missingForMs);
  return { phase: 'ambiguous', isListed, isLong, againMs };
}

/** One answer is not enough to say that a model is gone, nor is a list with entries that cannot be read. */
export async function isUnlisted(port: TrainingPort, id: string): Promise<boolean> {
  const { entries, unreadable } = await port.list();
  return unreadable === 0 && !entries.some((model) => model.id === id);
}
