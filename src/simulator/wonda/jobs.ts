import type { Hono } from 'hono';
import { sha256 } from '../digest.ts';
import type { Job } from '../jobs.ts';
import { textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, refuse } from './answers.ts';
import { models } from './models.ts';

const words = { queued: 'idle', running: 'in_progress', success: 'succeeded', failed: 'failed' };

export function addJobRoutes(routes: Hono<Env>, desk: Desk): void {
  routes.get('/jobs/inference/:id', (context) => {
    const job = desk.world.jobs.get(context.get('account'), context.req.param('id'));
    if (job === undefined) return refuse(context, 404, 'inference job not found');
    return context.json(shownJob(desk, job));
  });
}

function shownJob(desk: Desk, job: Job): object {
  const request = job.entry.request as Readonly<Record<string, unknown>>;
  const state = desk.world.jobs.state(job);
  const ended = state === 'success' || state === 'failed';
  const model = textOf(request['model']);
  return {
    inferenceJobId: job.id,
    model,
    provider: 'simulator',
    type: models.get(model)?.section,
    prompt: request['prompt'] ?? null,
    status: words[state],
    params: request['params'] ?? {},
    errorCode: state === 'failed' ? 'provider_error' : null,
    errorMessage: state === 'failed' ? 'Generation failed' : null,
    infoMessage: null,
    createdAt: desk.world.reported(job.createdAt, job),
    finishedAt: ended ? desk.world.reported(job.doneAt, job) : null,
    outputs: state === 'success' ? [shownOutput(desk, job)] : [],
    attachments: request['attachmentMediaIds'] ?? [],
  };
}

function shownOutput({ library, world }: Desk, job: Job): object {
  const [output] = job.entry.outputs;
  const media = library.get(job.account, output?.id ?? '');
  const common = {
    inferenceJobOutputId: `${job.id}-output`,
    createdAt: world.reported(job.doneAt, job),
  };
  if (media === undefined) {
    const outputValue = textFor(job);
    if (output) output.sha256 ??= sha256(outputValue);
    return { ...common, outputKey: 'text', outputValue, media: null };
  }
  const { id: mediaId, mimeType, kind, file } = media;
  const url = world.files.url(file);
  const timing = kind === 'video' ? { durationMs: 5_000, fps: 1 } : { durationMs: null, fps: null };
  return {
    ...common,
    outputKey: kind,
    outputValue: null,
    media: { mediaId, url, mimeType, width: 512, height: 512, ...timing },
  };
}

/** A text model's answer: the same for the same request and take. */
function textFor({ entry, take }: Job): string {
  const { prompt } = entry.request as { prompt?: string };
  return `Take ${take} on “${prompt ?? ''}”: ${entry.requestSha.slice(0, 12)}\n`;
}
