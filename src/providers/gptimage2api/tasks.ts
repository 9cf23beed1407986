import { z } from 'zod';
import type { Amount } from '../../money.ts';
import type { Api } from '../api.ts';
import { isUnknownId, saidIn } from '../classify.ts';
import { billedAmount, numeric, opaqueId, timeOf } from '../fields.ts';
import type { JobOutput, JobRef, JobState } from '../port.ts';
import { errors } from './errors.ts';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();
const credits = numeric.nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

/** A start's answer, whose id has two documented names. */
export const started = z
  .looseObject({ taskId: opaqueId.nullish(), id: opaqueId.nullish(), creditsUsed: credits })
  .transform((answer, context) => {
    const taskId = answer.taskId ?? answer.id;
    if (taskId) return { taskId, creditsUsed: answer.creditsUsed ?? null };
    context.addIssue({ code: 'custom', message: 'no task id', path: ['taskId'] });
    return z.NEVER;
  });

/** The two pages of the documents name the fields differently: each is read under both names. */
const task = z.looseObject({
  status: numeric,
  imageUrls: texts,
  outputImageUrls: texts,
  videoUrl: text,
  /** Documented nowhere, but what the quickstart's names lead to. */
  outputVideoUrl: text,
  creditsUsed: credits,
  creditsRefunded: flag,
  creditRefunded: flag,
  errorCode: z.unknown().optional(),
  errorMessage: z.unknown().optional(),
  completedAt: z.unknown().optional(),
  updatedAt: z.unknown().optional(),
});
type Task = z.infer<typeof task>;

export const taskPath = (id: string): string => `/api/ai/tasks/${encodeURIComponent(id)}`;

export async function checkTask(
  api: Api,
  ref: JobRef,
  lifetimeMs: number | null,
): Promise<JobState> {
  try {
    const path = taskPath(String(ref.taskId));
    const answered = await api({ method: 'GET', path, answer: task });
    return stateOf(
      answered,
      billedAmount(answered.creditsUsed ?? ref.creditsUsed, 'credits'),
      lifetimeMs,
    );
  } catch (error) {
    if (isUnknownId(error, errors)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(answered: Task, billed: Amount | null, lifetimeMs: number | null): JobState {
  if (answered.status === 1)
    return { state: 'succeeded', outputs: outputsOf(answered, lifetimeMs), billed };
  if (answered.status !== 2)
    return { state: 'pending', word: `status ${answered.status}`, known: answered.status === 0 };
  const refunded = answered.creditsRefunded ?? answered.creditRefunded;
  return {
    state: 'failed',
    reason:
      saidIn(answered.errorCode, answered.errorMessage) || 'GPTImage2API says failed and no more',
    // Every failure is refunded; the flag may come later than the failure.
    refunded: refunded === true ? true : 'promised',
    billed,
  };
}

/** The vendor has no ids of files: a finished picture goes by its link. */
function outputsOf(answered: Task, lifetimeMs: number | null): JobOutput[] {
  const since = timeOf(answered.completedAt ?? answered.updatedAt) ?? Date.now();
  const expiresAt = lifetimeMs === null ? null : since + lifetimeMs;
  const film = answered.videoUrl ?? answered.outputVideoUrl;
  const urls = film ? [film] : (answered.imageUrls ?? answered.outputImageUrls ?? []);
  return urls.map((url) => ({ remote: null, url, expiresAt }));
}
