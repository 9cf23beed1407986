import type { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { expiryOf } from '../account-settings.ts';
import type { Api } from '../api.ts';
import { idIn } from '../body.ts';
import { isOwnWord, isUnknownId } from '../classify.ts';
import { type Delivery, linkOf, readDelivery, together } from '../delivery.ts';
import { billedAmount, timeOf } from '../fields.ts';
import { type JobStatuses, readStatus } from '../job-statuses.ts';
import { IncompleteListError, oldestFirst, readList } from '../lists.ts';
import type { JobDescription, JobOutput, JobRef, JobState, ListedJob, Listing } from '../port.ts';
import { errors } from './errors.ts';
import {
  anything,
  image,
  job,
  jobPage,
  listedFile,
  listedJob,
  videoDownload,
  type Job,
} from './wire.ts';

/** Documented: every status that is not running is final, and a failure unless it is `success`. */
export const jobStatuses: JobStatuses = {
  running: ['created', 'queued', 'running'],
  // `completed` and `error` are not documented, but other clients report them.
  succeeded: ['success', 'completed'],
  failed: ['failed', 'error'],
  unlisted: 'failed',
};

/** The vendor lists at most seven days per request. */
const windowMs = 7 * 24 * 3_600_000;
export const pagesMax = 500;
export const jobsMax = 200_000;

function jobPath(ref: JobRef): string {
  return `/jobs/${encodeURIComponent(idIn(ref, 'jobId'))}`;
}

export async function checkJob(
  api: Api,
  ref: JobRef,
  outputLifetimeMs: number | null,
): Promise<JobState> {
  try {
    const { result } = await api({ method: 'GET', path: jobPath(ref), answer: job });
    return stateOf(result, outputLifetimeMs);
  } catch (error) {
    if (isUnknownId(error, errors)) return { state: 'missing' };
    throw error;
  }
}

function stateOf(result: Job, outputLifetimeMs: number | null): JobState {
  const { means, isListed } = readStatus(jobStatuses, result.status);
  if (means === 'succeeded')
    return { state: 'succeeded', ...deliveryOf(result, outputLifetimeMs), billed: null };
  if (means === 'failed')
    return { state: 'failed', reason: reasonOf(result), refunded: null, billed: null };
  return { state: 'pending', status: result.status, known: isListed };
}

function deliveryOf(result: Job, outputLifetimeMs: number | null): Delivery {
  const expiresAt = expiryOf(timeOf(result.createdAt), outputLifetimeMs);
  const reader =
    (kind: 'image' | 'video') =>
    (entry: unknown): JobOutput | undefined => {
      const { id, url } = fileIn(entry);
      if (id === null && url === null) return undefined;
      // The link of a video is a playlist; its file must be requested by id.
      return { remote: id, url: kind === 'video' && id !== null ? null : url, expiresAt };
    };
  return together(
    readDelivery(result.images, reader('image')),
    readDelivery(result.videos, reader('video')),
  );
}

/** An entry is an object with an id, a link or both, or a bare link. */
function fileIn(entry: unknown): { id: string | null; url: string | null } {
  if (typeof entry === 'string') return { id: null, url: linkOf(entry) };
  const { id, url } = listedFile.safeParse(entry).data ?? {};
  return { id: id ?? null, url: linkOf(url) };
}

function reasonOf(result: Job): string {
  const { error } = result;
  if (typeof error === 'string' && error.trim() !== '') return error.trim();
  if (error !== null && typeof error === 'object' && 'message' in error)
    return String(error.message);
  return `PhotoGPT reports ${result.status} without a reason`;
}

type Prepared = { readonly ready: false } | { readonly ready: true; readonly url: string };

/**
 * Requests a file that the job named without a link. It is a video, which the vendor must prepare first,
 * or an image with a late link. Only the vendor knows which, so the video is tried first.
 */
export async function prepareFile(api: Api, output: JobOutput): Promise<Prepared> {
  const id = encodeURIComponent(String(output.remote));
  try {
    return await prepareVideo(api, `/videos/${id}`);
  } catch (error) {
    if (!isUnknownId(error, errors)) throw error;
  }
  const { result } = await api({ method: 'GET', path: `/images/${id}`, answer: image });
  return result.url ? { ready: true, url: result.url } : { ready: false };
}

/** Starts the preparation of the file if it has not started. */
async function prepareVideo(api: Api, path: string): Promise<Prepared> {
  try {
    const answer = await api({ method: 'GET', path: `${path}/download`, answer: videoDownload });
    const { status, url } = answer.result ?? {};
    if (status?.toLowerCase() === 'ready' && url) return { ready: true, url };
    if (status) return { ready: false };
  } catch (error) {
    if (!isOwnWord(error, errors, [400, 404, 409])) throw error;
  }
  await api({ method: 'GET', path: `${path}/create-download`, answer: anything });
  return { ready: false };
}

export async function listJobs(
  api: Api,
  sinceMs: number,
  untilMs: number,
): Promise<Listing<ListedJob>> {
  const found = new Map<string, ListedJob>();
  let unreadable = 0;
  let pages = 0;
  for (let start = sinceMs; start < untilMs; start += windowMs) {
    const end = Math.min(untilMs, start + windowMs);
    const tokens = new Set<string>();
    let pageToken: string | null | undefined;
    do {
      if (++pages > pagesMax)
        throw new IncompleteListError(`PhotoGPT lists more than ${pagesMax} pages of jobs`);
      const path = `/jobs?${windowQuery(start, end, pageToken)}`;
      const isLaterPage = pages > 1;
      const { result } = await api({ method: 'GET', path, isLaterPage, answer: jobPage });
      const page = readList(result.jobs, listedJob);
      unreadable += page.unreadable;
      for (const entry of page.entries) found.set(entry.jobId, jobOf(entry));
      if (found.size > jobsMax)
        throw new IncompleteListError(`PhotoGPT lists more than ${jobsMax} jobs`);
      pageToken = result.nextPageToken;
      // A repeated page token hides the pages after it.
      const isKnown = pageToken ? tokens.has(pageToken) : false;
      if (isKnown) unreadable += 1;
      if (pageToken) tokens.add(pageToken);
      if (isKnown) pageToken = null;
    } while (pageToken);
  }
  return { entries: oldestFirst([...found.values()]), unreadable };
}

function jobOf({ jobId, createdAt, credits, status }: z.infer<typeof listedJob>): ListedJob {
  return {
    job: { jobId },
    id: jobId,
    createdAt: timeOf(createdAt) ?? null,
    billed: billedAmount(credits, 'credits'),
    ...(status && {
      state: readStatus(jobStatuses, status).means === 'running' ? 'pending' : 'ended',
    }),
  };
}

function windowQuery(start: number, end: number, pageToken: string | null | undefined): string {
  const query = new URLSearchParams({
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
  });
  if (pageToken) query.set('pageToken', pageToken);
  return query.toString();
}

export async function describeJob(api: Api, ref: JobRef): Promise<JobDescription> {
  const { result } = await api({ method: 'GET', path: jobPath(ref), answer: job });
  const data = await dataOf(api, result);
  const source = data?.['imageID'];
  const operation = typeof source === 'string' ? 'upscale' : operationOf(result);
  return {
    ended: readStatus(jobStatuses, result.status).means !== 'running',
    ...(result.modelId && { model: result.modelId }),
    ...(typeof data?.prompt === 'string' && { prompt: data.prompt }),
    ...(operation && { operation }),
    ...(typeof source === 'string' && { source }),
  };
}

/** Decided by the files alone: an upscaled image looks like any other image. */
function operationOf({ videos }: Job): 'video' | undefined {
  return Array.isArray(videos) && videos.length > 0 ? 'video' : undefined;
}

/** The free-form record that the vendor stores for an image, in the job or with the image itself. */
async function dataOf(api: Api, result: Job): Promise<JsonObject | undefined> {
  const firstIn = (files: unknown) =>
    listedFile.safeParse(Array.isArray(files) ? files[0] : undefined).data;
  const first = firstIn(result.images);
  const data = result.data ?? (first ?? firstIn(result.videos))?.data;
  if (data) return data;
  const imageId = first?.id;
  if (!imageId) return undefined;
  const path = `/images/${encodeURIComponent(imageId)}`;
  const answered = await api({ method: 'GET', path, answer: image });
  return answered.result.data ?? undefined;
}
