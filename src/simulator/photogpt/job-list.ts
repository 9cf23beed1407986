import type { Context, Hono } from 'hono';
import type { Job } from '../jobs.ts';
import type { Env } from '../world.ts';
import { type Desk, answer, refuse } from './answers.ts';

const day = 86_400_000;

export function addJobRoutes(routes: Hono<Env>, desk: Desk): void {
  routes.get('/jobs', (context) => list(context, desk));
  routes.get('/jobs/:id', (context) => {
    const job = desk.world.jobs.get(context.get('account'), context.req.param('id'));
    if (job === undefined) return refuse(context, 404, 'job not found');
    return answer(context, shownJob(desk, job));
  });
}

function shownJob(desk: Desk, job: Job): object {
  const { library, world } = desk;
  const { kind, request } = job.entry;
  const status = world.jobs.state(job);
  const done = status === 'success';
  const { modelID } = request as { modelID?: string };
  return {
    jobId: job.id,
    status,
    ...(done && (kind === 'generate' || kind === 'upscale')
      ? {
          images: library.imagesOf(job).map(({ id, file }) => ({ id, url: world.files.url(file) })),
        }
      : {}),
    ...(done && kind === 'video'
      ? {
          videos: library
            .videosOf(job)
            .map(({ id }) => ({ id, url: world.files.url(`${id}.m3u8`) })),
        }
      : {}),
    ...(status === 'failed' ? { error: 'Generation failed' } : {}),
    ...(modelID === undefined ? {} : { modelId: modelID }),
    createdAt: world.reported(job.createdAt, job),
    ...(world.settings.revealing ? { data: request } : {}),
  };
}

/** Newest first. Trainings are not generation jobs and do not appear. */
function list(context: Context<Env>, { world }: Desk): Response {
  const now = world.vendorNow();
  const end = time(context.req.query('end')) ?? now;
  const start = time(context.req.query('start')) ?? end - day;
  if (Number.isNaN(start) || Number.isNaN(end)) return refuse(context, 400, 'bad start or end');
  if (start > end) return refuse(context, 400, 'start is after end');
  if (end - start > 7 * day) return refuse(context, 400, 'the range is longer than 7 days');
  const { method, path } = context.req;
  const request = { method, path, call: 'list-jobs' } as const;
  const jobs = world.jobs
    .listed(context.get('account'), context.req.query('pageToken') ? undefined : request)
    .filter(({ entry }) => entry.kind !== 'train')
    .filter(({ createdAt, aheadMs }) => {
      const at = createdAt + aheadMs;
      return at >= start && at <= end;
    });
  const token = context.req.query('pageToken');
  const last = token === undefined ? -1 : jobs.findIndex(({ id }) => id === fromToken(token));
  if (token !== undefined && last < 0) return refuse(context, 400, 'bad pageToken');
  const page = jobs.slice(last + 1, last + 1 + world.settings.listPageSize);
  const more = last + 1 + page.length < jobs.length;
  const lastId = page.at(-1)?.id;
  return answer(context, {
    jobs: page.map((job) => {
      const status = world.jobs.state(job);
      return {
        createdAt: world.reported(job.createdAt, job),
        credits: job.entry.refunded ? 0 : job.entry.cost,
        errorMessage: status === 'failed' ? 'Generation failed' : null,
        jobId: job.id,
        status,
        updatedAt: world.reported(status === 'queued' ? job.createdAt : job.runsAt, job),
        ...(world.settings.revealing ? { data: job.entry.request } : {}),
      };
    }),
    nextPageToken: more && lastId !== undefined ? Buffer.from(lastId).toString('base64url') : null,
  });
}

/** Undefined for an absent time, NaN for text that is not RFC 3339. */
function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
