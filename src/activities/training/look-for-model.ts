import type { ModelRow } from '../../ledger/port.ts';
import type { TrainingPort } from '../../providers/port.ts';
import { jumpWatchOf } from '../clock.ts';
import { missingMs } from '../poll-job.ts';
import type { Training } from './training.ts';

type Seen = Exclude<Awaited<ReturnType<TrainingPort['check']>>, { phase: 'missing' }>;

/**
 * Asks the vendor for the model. One that it says it does not have is `gone` only when it has said so for ten
 * minutes, and its list of models agrees: before that a training may be paid for a second time because of
 * one wrong answer.
 * @returns milliseconds until the next look where it is not known yet
 */
export async function lookForModel(
  training: Training,
  row: ModelRow,
): Promise<Seen | 'gone' | number> {
  const { deps, port, input, set } = training;
  const { remotes } = deps.ledger;
  const id = row.remoteId ?? '';
  const state = await port.check(id);
  const note = (isMissing: boolean): Promise<void> =>
    remotes.noteModelMissing(input.account, input.fingerprint, isMissing);
  if (state.phase !== 'missing') {
    if (row.missingSince !== null) await note(false);
    return state;
  }
  await note(true);
  const missingForMs = deps.now() - (row.missingSince ?? deps.now());
  const isLong = missingForMs >= missingMs && jumpWatchOf(deps).isSteadyFor(missingMs);
  const { pollFirstMs, trainingPollMs } = training.access.timeouts;
  const delayMs = Math.min(trainingPollMs, Math.max(pollFirstMs, missingForMs / 4));
  if (row.trigger !== null && !isLong) {
    deps.log(
      `the vendor does not show the model ${set.name}; it is looked for until ten minutes have passed`,
    );
    return delayMs;
  }
  if (!(await port.list()).some((model) => model.id === id)) return 'gone';
  await note(false);
  return delayMs;
}
