import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Job } from '../jobs.ts';
import { setRetryAfter } from '../refusals.ts';
import { faultOf, faultOfLink, readObject, textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import {
  type Rule,
  customModel,
  imageModels,
  shapeOf,
  upscale,
  videoModels,
} from './dialect-b-rules.ts';
import { accept, bill, type Desk } from './order.ts';
import { readUpload } from './uploads.ts';

const codes: Readonly<Record<number, string>> = {
  401: 'INVALID_API_KEY',
  404: 'JOB_NOT_FOUND',
  429: 'RATE_LIMIT_EXCEEDED',
};
const statuses = {
  queued: 'NOT_STARTED',
  running: 'RUNNING',
  success: 'COMPLETED',
  failed: 'ERROR',
} as const;

/**
 * Two shapes of errors are known. Each is used for its known texts, the one with `name` for all
 * other texts.
 */
export function problemB(status: number, message: string, code = codes[status]): object {
  if (status === 402)
    return { name: 'ApiError', message: 'OUT_OF_TOKENS', details: 'Not enough credits' };
  if (code !== undefined) return { status: 'ERROR', message, code };
  return { name: 'ApiError', message: 'BAD_REQUEST', details: message };
}

function refuse(context: Context<Env>, status: number, message: string, code?: string): Response {
  return context.json(problemB(status, message, code), status as ContentfulStatusCode);
}

export function dialectB(desk: Desk): Hono<Env> {
  const { world, library } = desk;
  const accounts = world.accountsOf('productai');
  const api = new Hono<Env>();
  // Ids count up from here, for jobs and uploads.
  let number = 41_000;
  const newId = (): string => String((number += 1));
  api.use(async (context, next) => {
    const account = accounts.open(context.req.header('x-api-key') ?? '');
    if (account === undefined) return refuse(context, 401, 'Invalid API key');
    context.set('account', account);
    const wait = accounts.enter(account);
    if (wait === 0) return next();
    setRetryAfter(world, context, wait);
    return refuse(context, 429, 'Too many requests');
  });
  const generate = (rules: Readonly<Record<string, Rule>>) => (context: Context<Env>) =>
    start(context, desk, newId(), (model) => rules[model]);
  api.post('/generate', generate(imageModels));
  api.post('/generate-video', generate(videoModels));
  api.post('/upscale', (context) => start(context, desk, newId(), () => upscale));
  api.post('/generate-custom-model', (context) =>
    start(context, desk, newId(), (model) =>
      model in imageModels || model in videoModels ? undefined : customModel,
    ),
  );
  api.get('/job/:id', (context) => {
    const job = world.jobs.get(context.get('account'), context.req.param('id'));
    if (job === undefined) return refuse(context, 404, 'Job not found');
    return context.json({ status: 'OK', data: shownJob(desk, job) });
  });
  api.post('/upload-asset', async (context) => {
    const upload = await readUpload(context);
    if (typeof upload === 'string') return refuse(context, 400, upload);
    const facts = { name: upload.name, tags: [], mime: upload.mime, content: upload.content };
    const { id, url } = library.addAsset(context.get('account'), newId(), facts);
    return context.json({ data: { id: Number(id), image_url: url, mimetype: upload.mime } });
  });
  api.get('/key-check', (context) => {
    world.jobs.settle();
    const tokens_remaining = accounts.balance(context.get('account'));
    return context.json({ status: 'OK', data: { valid: true, tokens_remaining, plan: 'pro' } });
  });
  return api;
}

async function start(
  context: Context<Env>,
  desk: Desk,
  id: string,
  ruleOf: (model: string) => Rule | undefined,
): Promise<Response> {
  const body = await readObject(context);
  if (body === undefined) return refuse(context, 400, 'The body is not a JSON object');
  const rule = ruleOf(textOf(body['model']));
  if (rule === undefined) return refuse(context, 400, 'Unknown model', 'INVALID_MODEL');
  const wrong = faultOf(rule.body, body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  const links = [(body['image_url'] ?? []) as string | string[]].flat();
  const fault = links.map((link) => faultOfLink(desk.world, link)).find(Boolean);
  if (fault !== undefined) return refuse(context, 400, fault, 'INVALID_IMAGE_URL');
  const isVideo = rule.makes === 'video';
  const wanted = {
    id,
    kind: isVideo ? 'video' : rule === upscale ? 'upscale' : 'generate',
    body,
    references: links.map((link) => desk.library.identityOf(link)),
    credits: rule.credits,
    count: 1,
    ratio: shapeOf(textOf(body['aspect_ratio']) || (isVideo ? '16:9' : '1:1')),
    format: /^jpe?g$/.test(textOf(body['output_format'])) ? 'jpeg' : 'png',
    seconds: isVideo ? Number(body['duration'] ?? 8) || 8 : null,
  } as const;
  const { cost, available } = bill(context, desk, wanted);
  if (available < cost) return refuse(context, 402, 'Not enough credits');
  const job = accept(context, desk, wanted, cost);
  const data = { id: Number(job.id), status: 'RUNNING', prompt: body['prompt'] ?? null };
  return context.json({ status: 'OK', data });
}

/** A video's link is also called `image_url`. */
function shownJob({ world, library }: Desk, job: Job): object {
  const state = world.jobs.state(job);
  const { prompt = null } = job.entry.request as { prompt?: string };
  const [output] = state === 'success' ? library.outputsOf(job) : [];
  return {
    id: Number(job.id),
    status: statuses[state],
    prompt,
    ...(output && { image_url: world.files.url(output.file) }),
  };
}
