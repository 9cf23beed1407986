import type { Api } from '../api.ts';
import { expiryOf } from '../account-settings.ts';
import { idIn } from '../body.ts';
import { saidIn } from '../classify.ts';
import { type Delivery, linkOf, readDelivery } from '../delivery.ts';
import { timeOf } from '../fields.ts';
import { type JobStatuses, readStatus } from '../job-statuses.ts';
import type { JobOutput, JobRef, JobState } from '../port.ts';
import { isMissing } from './errors.ts';
import { job, listedOutput, type Job } from './wire.ts';

export const jobStatuses: JobStatuses = {
  // `queued` is documented for the vendor's other jobs only, but may appear here.
  running: ['idle', 'locked', 'in_progress', 'queued'],
  succeeded: ['succeeded'],
  failed: ['failed', 'canceled', 'cancelled'],
  unlisted: 'running',
};

export async function checkJob(
  api: Api,
  ref: JobRef,
  outputLifetimeMs: number | null,
): Promise<JobState> {
  const path = `/jobs/inference/${encodeURIComponent(idIn(ref, 'inferenceJobId'))}`;
  try {
    return stateOf(await api({ method: 'GET', path, answer: job }), outputLifetimeMs);
  } catch (error) {
    if (isMissing(error)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(answer: Job, outputLifetimeMs: number | null): JobState {
  const { means, isListed } = readStatus(jobStatuses, answer.status);
  if (means === 'succeeded') {
    const madeAt = timeOf(answer.finishedAt ?? answer.createdAt);
    const expiresAt = expiryOf(madeAt, outputLifetimeMs);
    return { state: 'succeeded', ...deliveryOf(answer, expiresAt), billed: null };
  }
  // Refunds are not documented.
  if (means === 'failed')
    return { state: 'failed', reason: reasonOf(answer), refunded: null, billed: null };
  return { state: 'pending', status: answer.status, known: isListed };
}

function deliveryOf({ outputs }: Job, expiresAt: number | null): Delivery {
  return readDelivery(outputs, (entry): JobOutput | undefined => {
    const { media, outputValue } = listedOutput.safeParse(entry).data ?? {};
    if (media) {
      const url = linkOf(media.url);
      return url === null ? undefined : { remote: media.mediaId ?? null, url, expiresAt };
    }
    if (outputValue === null || outputValue === undefined) return undefined;
    const text = typeof outputValue === 'string' ? outputValue : JSON.stringify(outputValue);
    const encoded = Buffer.from(text).toString('base64');
    return {
      remote: null,
      url: `data:text/plain;charset=utf-8;base64,${encoded}`,
      expiresAt: null,
    };
  });
}

function reasonOf({ errorMessage, errorCode, status }: Job): string {
  return saidIn(errorMessage, errorCode) || `Wonda reports ${status} without a reason`;
}
