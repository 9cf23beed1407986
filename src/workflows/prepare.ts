import { condition } from '@temporalio/workflow';
import type { RunInput } from '../activities/own-work.ts';
import type { StepPlan } from '../activities/plan-step.ts';
import { atAccount } from './activity-options.ts';

const filesPerSlice = 25;
const slicesMax = 100;
const slicesAtOnce = 4;

/**
 * Prepares a step at its vendors before its shots start. Trained models come first, then
 * references, since some belong to a trained model. A failed training, or a model that is not ready
 * in time, blocks only its own shots.
 */
export async function prepareStep(
  input: RunInput,
  step: string,
  plan: StepPlan,
  /** Messages so far; each may end the wait of a training. */
  wakes: () => number,
): Promise<void> {
  await Promise.all([
    ...plan.trainings.map((training) => train(input, step, training, wakes)),
    ...(plan.models ?? []).map((model) => untilReady(input, model, wakes)),
  ]);
  await Promise.all(plan.uploads.map((uploads) => upload(input, step, uploads)));
}

async function train(
  { batch, run, ledgerId }: RunInput,
  step: string,
  { account, accountName, fingerprint, name }: StepPlan['trainings'][number],
  wakes: () => number,
): Promise<void> {
  const { trainModel } = atAccount(accountName, `train ${name}`);
  for (;;) {
    const before = wakes();
    const result = await trainModel({ batch, run, ledgerId, step, account, fingerprint });
    if (result.kind !== 'again') return;
    await condition(() => wakes() !== before, Math.max(result.inMs, 1_000));
  }
}

async function untilReady(
  { batch, run, ledgerId }: RunInput,
  { account, accountName, id, lane }: NonNullable<StepPlan['models']>[number],
  wakes: () => number,
): Promise<void> {
  const { awaitModel } = atAccount(accountName, `wait for model ${id}`);
  const sinceMs = Date.now();
  let reported: string | undefined;
  for (;;) {
    const before = wakes();
    const asked = { batch, run, ledgerId, account, id, lane, sinceMs };
    const result = await awaitModel({ ...asked, ...(reported !== undefined && { reported }) });
    if (result.kind !== 'again') return;
    reported = result.reported;
    await condition(() => wakes() !== before, Math.max(result.inMs, 1_000));
  }
}

async function upload(
  { batch, run, ledgerId }: RunInput,
  step: string,
  { account, accountName, files }: StepPlan['uploads'][number],
): Promise<void> {
  const slices = Math.min(slicesMax, Math.ceil(files / filesPerSlice));
  const { uploadReferences } = atAccount(accountName, `references of ${step}: ${files} files`);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < slices) {
      const slice = next++;
      await uploadReferences({ batch, run, ledgerId, step, account, slice, slices });
    }
  };
  await Promise.all(Array.from({ length: Math.min(slices, slicesAtOnce) }, work));
}
