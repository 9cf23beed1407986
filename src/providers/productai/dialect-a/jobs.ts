import { z } from 'zod';
import { expiryOf } from '../../account-settings.ts';
import type { Api } from '../../api.ts';
import { idIn } from '../../body.ts';
import { isUnknownId } from '../../classify.ts';
import { type Delivery, linkOf, readDelivery } from '../../delivery.ts';
import { billedAmount, timeOf } from '../../fields.ts';
import { type JobStatuses, readStatus } from '../../job-statuses.ts';
import { IncompleteListError, oldestFirst } from '../../lists.ts';
import type { JobDescription, JobRef, JobState, ListedJob, Listing } from '../../port.ts';
import { unit } from '../prices.ts';
import { errors } from './errors.ts';
import { listAll, usualPageSize } from './pages.ts';
import { job, listedJob, type Job } from './wire.ts';

export const jobStatuses: JobStatuses = {
  running: ['pending', 'processing'],
  succeeded: ['completed'],
  failed: ['failed'],
  unlisted: 'running',
};

function jobPath(ref: JobRef): string {
  return `/jobs/${encodeURIComponent(idIn(ref, 'jobId'))}`;
}

export async function checkJob(api: Api, ref: JobRef, lifetime: number | null): Promise<JobState> {
  try {
    const answer = await api({ method: 'GET', path: jobPath(ref), answer: job });
    return stateOf(answer, lifetime);
  } catch (error) {
    if (isUnknownId(error, errors)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(answer: Job, lifetime: number | null): JobState {
  const { means, isListed } = readStatus(jobStatuses, answer.status);
  const billed = billedAmount(answer.tokens_used, unit);
  if (means === 'succeeded') {
    const expiresAt = expiryOf(timeOf(answer.completed_at), lifetime);
    return { state: 'succeeded', ...deliveryOf(answer, expiresAt), billed };
  }
  // Refunds are not documented.
  if (means === 'failed')
    return { state: 'failed', reason: reasonOf(answer), refunded: null, billed };
  const progress = typeof answer.progress === 'number' ? ` (${answer.progress}%)` : '';
  return { state: 'pending', status: `${answer.status}${progress}`, known: isListed };
}

/** Files have no ids at the vendor. */
function deliveryOf({ images }: Job, expiresAt: number | null): Delivery {
  const image = z.looseObject({ url: z.unknown() });
  return readDelivery(images, (entry) => {
    const url = linkOf(image.safeParse(entry).data?.url ?? entry);
    return url === null ? undefined : { remote: null, url, expiresAt };
  });
}

function reasonOf({ status, error }: Job): string {
  if (typeof error === 'string' && error !== '') return error;
  if (error !== null && typeof error === 'object' && 'message' in error)
    return String(error.message);
  return `ProductAI reports ${status} without a reason`;
}

/** Reads all jobs, because their order is not documented. Stops early if a page is sorted newest first. */
export async function listJobs(
  api: Api,
  sinceMs: number,
  untilMs: number,
): Promise<Listing<ListedJob>> {
  const timed = (entry: unknown): number | undefined =>
    timeOf(z.looseObject({ created_at: z.unknown() }).safeParse(entry).data?.created_at);
  const isOfWindow = (entry: unknown): boolean => {
    const at = timed(entry);
    return at === undefined || (at >= sinceMs && at <= untilMs);
  };
  const { entries, unreadable, whole } = await listAll(api, {
    path: '/jobs',
    pageSize: usualPageSize,
    entry: listedJob,
    mayMatter: isOfWindow,
    madeAt: timed,
    enough(page) {
      const times = page.map(timed).filter((time) => time !== undefined);
      const [first = 0, last = 0] = [times[0], times.at(-1)];
      return times.length === page.length && first > last && last < sinceMs;
    },
  });
  if (!whole) throw new IncompleteListError('ProductAI does not list all of its jobs');
  const jobs = entries.filter(isOfWindow).map((entry) => ({
    job: { jobId: entry.id },
    id: entry.id,
    createdAt: timed(entry) ?? null,
    billed: billedAmount(entry.tokens_used, unit),
  }));
  return { entries: oldestFirst(jobs), unreadable };
}

/** Documented: a job shows the model and the number of images of its request. Some jobs show more. */
export async function describeJob(api: Api, ref: JobRef): Promise<JobDescription> {
  const { model, prompt, status } = await api({
    method: 'GET',
    path: jobPath(ref),
    answer: job,
  });
  const ended = ['completed', 'failed'].includes(status.toLowerCase());
  return { operation: 'image', ended, ...(model && { model }), ...(prompt && { prompt }) };
}
