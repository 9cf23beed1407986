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
  /** The vendor reports it missing. `isListed`: the model list shows it, or is not fully readable. */
  | {
      readonly phase: 'ambiguous';
      readonly isListed: boolean;
      /** Missing for ten minutes. */
      readonly isLong: boolean;
      readonly againMs: number;
    };

/** Models that this process has created: run by model id. Losing it costs one extra model, which is free. */
const made = new WeakMap<ActivityDependencies, Map<string, string>>();

export function noteMade({ deps, input }: Training, model: string): void {
  const known = made.get(deps) ?? new Map<string, string>();
  made.set(deps, known.set(model, runOf(input)));
}

/**
 * Whether this process has created the model in this run. If the vendor does not show it, another
 * would not appear either.
 */
export function isOfThisRun({ deps, input }: Training, { remoteId }: ModelRow): boolean {
  return made.get(deps)?.get(remoteId ?? '') === runOf(input);
}

function runOf({ batch, run }: Training['input']): string {
  return `${batch}#${run}`;
}

/**
 * Checks the model at the vendor. A model whose training may be paid for needs two proofs to be
 * `gone`. The vendor has reported it missing for ten minutes, and its complete model list omits it.
 * Otherwise a few wrong answers would pay for the training twice.
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
  // A new model may be slow to appear, also in the list.
  const isSoonGone = !isListed && made.get(deps)?.has(id) !== true;
  const isGone = row.trigger === null ? isLong || isSoonGone : isLong && !isListed;
  if (isGone) return { phase: 'gone' };
  deps.log(`the vendor says that it does not have the model ${set.name}; it is asked again`);
  const againMs = lookAgainMs(training.access, missingForMs);
  return { phase: 'ambiguous', isListed, isLong, againMs };
}

/**
 * Whether the complete list omits the model. One `missing` answer, or a list with unreadable
 * entries, is not enough.
 */
export async function isUnlisted(port: TrainingPort, id: string): Promise<boolean> {
  const { entries, unreadable } = await port.list();
  return unreadable === 0 && !entries.some((model) => model.id === id);
}
