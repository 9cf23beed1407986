import { z } from 'zod';
import type { Amount } from '../../money.ts';
import type { Api } from '../api.ts';
import { idIn } from '../body.ts';
import { saidIn } from '../classify.ts';
import { type Delivery, linkOf, readDelivery } from '../delivery.ts';
import { billedAmount, numeric, opaqueId, timeOf } from '../fields.ts';
import { type JobStatuses, readStatus } from '../job-statuses.ts';
import type { JobRef, JobState } from '../port.ts';
import { isUnknownTask } from './errors.ts';

const credits = numeric.nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

/** The answer of a start. Its id has two documented names. */
export const started = z
  .looseObject({ taskId: opaqueId.nullish(), id: opaqueId.nullish(), creditsUsed: credits })
  .transform((answer, context) => {
    const taskId = answer.taskId ?? answer.id;
    if (taskId) return { taskId, creditsUsed: answer.creditsUsed ?? null };
    context.addIssue({ code: 'custom', message: 'no task id', path: ['taskId'] });
    return z.NEVER;
  });

/** The two documentation pages name the fields differently: each is read under both names. */
const task = z.looseObject({
  status: numeric,
  imageUrls: z.unknown().optional(),
  outputImageUrls: z.unknown().optional(),
  videoUrl: z.unknown().optional(),
  /** Undocumented, but it follows from the names in the quickstart. */
  outputVideoUrl: z.unknown().optional(),
  creditsUsed: credits,
  creditsRefunded: flag,
  creditRefunded: flag,
  errorCode: z.unknown().optional(),
  errorMessage: z.unknown().optional(),
  completedAt: z.unknown().optional(),
  updatedAt: z.unknown().optional(),
});
type Task = z.infer<typeof task>;

/** The vendor's statuses are numbers. */
export const jobStatuses: JobStatuses = {
  running: ['0'],
  succeeded: ['1'],
  failed: ['2'],
  unlisted: 'running',
};

export const taskPath = (id: string): string => `/api/ai/tasks/${encodeURIComponent(id)}`;

export async function checkTask(
  api: Api,
  ref: JobRef,
  lifetimeMs: number | null,
): Promise<JobState> {
  try {
    const path = taskPath(idIn(ref, 'taskId'));
    const answered = await api({ method: 'GET', path, answer: task });
    return stateOf(
      answered,
      billedAmount(answered.creditsUsed ?? ref.creditsUsed, 'credits'),
      lifetimeMs,
    );
  } catch (error) {
    if (isUnknownTask(error)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(answered: Task, billed: Amount | null, lifetimeMs: number | null): JobState {
  const { means, isListed } = readStatus(jobStatuses, String(answered.status));
  if (means === 'succeeded')
    return { state: 'succeeded', ...deliveryOf(answered, lifetimeMs), billed };
  if (means === 'running')
    return { state: 'pending', status: `status ${answered.status}`, known: isListed };
  const refunded = answered.creditsRefunded ?? answered.creditRefunded;
  return {
    state: 'failed',
    reason:
      saidIn(answered.errorCode, answered.errorMessage) ||
      'GPTImage2API reports failed without a reason',
    // Every failure is refunded, but the flag may come after the failure.
    refunded: refunded === true ? true : 'promised',
    billed,
  };
}

/** Files have no ids at the vendor: a finished image is identified by its link. */
function deliveryOf(answered: Task, lifetimeMs: number | null): Delivery {
  const since = timeOf(answered.completedAt ?? answered.updatedAt) ?? Date.now();
  const expiresAt = lifetimeMs === null ? null : since + lifetimeMs;
  const video = answered.videoUrl ?? answered.outputVideoUrl;
  return readDelivery(video ?? answered.imageUrls ?? answered.outputImageUrls, (link) => {
    const url = linkOf(link);
    return url === null ? undefined : { remote: null, url, expiresAt };
  });
}
