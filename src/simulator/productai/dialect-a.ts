import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { Job } from '../jobs.ts';
import { faultOf, faultOfLink, readObject, textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import { addAssetRoutes } from './assets.ts';
import { refuse } from './dialect-a-answers.ts';
import { credits, generate, presets } from './dialect-a-rules.ts';
import { pageOf } from './pages.ts';
import { accept, bill, type Desk } from './order.ts';

export function dialectA(desk: Desk): Hono<Env> {
  const { world } = desk;
  const accounts = world.accountsOf('productai');
  const api = new Hono<Env>();
  api.use(async (context, next) => {
    const key = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const account = key === undefined ? undefined : accounts.open(key);
    if (account === undefined) return refuse(context, 401, 'Invalid or missing API key');
    context.set('account', account);
    // The limit counts every request.
    const wait = accounts.enter(account);
    const message = `Rate limit exceeded. Try again in ${wait} seconds.`;
    return wait > 0 ? refuse(context, 429, message, wait) : next();
  });
  api.post('/generate', (context) => start(context, desk));
  api.get('/jobs/:id', (context) => {
    const job = world.jobs.get(context.get('account'), context.req.param('id'));
    if (job === undefined) return refuse(context, 404, 'Job not found');
    return context.json(shownJob(desk, job));
  });
  api.get('/jobs', (context) => {
    const ours = ({ entry, id }: Job): boolean =>
      entry.vendor === 'productai' && id.startsWith('job_');
    const { method, path } = context.req;
    const isFirst = Number(context.req.query('offset') ?? 0) === 0;
    const request = isFirst ? ({ method, path, call: 'list-jobs' } as const) : undefined;
    const jobs = world.jobs.listed(context.get('account'), request).filter(ours);
    const page = pageOf(context, jobs, { usual: 20, most: world.settings.listPageSize });
    if (page === undefined) return refuse(context, 400, 'limit and offset are whole numbers');
    const { items, ...rest } = page;
    return context.json({ jobs: items.map((job) => shownJob(desk, job)), ...rest });
  });
  addAssetRoutes(api, desk);
  api.get('/presets', (context) => {
    const { category, type } = context.req.query();
    const wanted = presets.filter(
      (one) => (!category || one.category === category) && (!type || one.type === type),
    );
    const page = pageOf(context, wanted, { usual: 50, most: 100 });
    if (page === undefined) return refuse(context, 400, 'limit and offset are whole numbers');
    const { items, ...rest } = page;
    return context.json({ presets: items, ...rest });
  });
  api.get('/me', (context) => {
    const account = context.get('account');
    world.jobs.settle();
    const generations = accounts.balance(account);
    const email = `${account.id}@example.com`;
    return context.json({ id: account.id, email, plan: 'pro', credits: { generations } });
  });
  return api;
}

async function start(context: Context<Env>, desk: Desk): Promise<Response> {
  const body = await readObject(context);
  if (body === undefined) return refuse(context, 400, 'The body is not a JSON object');
  const wrong = faultOf(generate, body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  const link = textOf(body['image_url']);
  const fault = link === '' ? undefined : faultOfLink(desk.world, link);
  if (fault !== undefined) return refuse(context, 400, `image_url: ${fault}`);
  const asset = desk.library.asset(context.get('account'), textOf(body['asset_id']));
  if (body['asset_id'] !== undefined && asset === undefined)
    return refuse(context, 404, 'Asset not found');
  if (asset && !desk.library.isReady(asset))
    return refuse(context, 400, 'The asset is still processing');
  const preset = body['preset_id'];
  if (preset !== undefined && !presets.some(({ preset_id }) => preset_id === preset))
    return refuse(context, 404, 'Preset not found');
  const model = textOf(body['model']);
  const wanted = {
    id: `job_${randomUUID().replaceAll('-', '').slice(0, 20)}`,
    kind: 'generate',
    body,
    references: [asset?.identity ?? desk.library.identityOf(link)],
    credits: credits[model] ?? 0,
    count: Number(body['num_images'] ?? 1),
    ratio: textOf(body['aspect_ratio']) || '1:1',
    format: 'jpeg',
    seconds: null,
  } as const;
  const { cost, available } = bill(context, desk, wanted);
  if (available < cost) {
    const message = `Not enough credits. Required: ${cost}, Available: ${available}`;
    return refuse(context, 402, message);
  }
  const job = accept(context, desk, wanted, cost);
  const answer = {
    job_id: job.id,
    status: 'pending',
    created_at: desk.world.reported(job.createdAt, job),
    estimated_time_seconds: Math.ceil(desk.world.settings.jobMs / 1_000),
    model,
    num_images: wanted.count,
  };
  return context.json(answer, 202);
}

/** A revealing vendor also shows the request. */
function shownJob({ world, library }: Desk, job: Job): object {
  const { clock, revealing } = world.settings;
  const state = world.jobs.state(job);
  const request = job.entry.request as Record<string, unknown>;
  const elapsed = (clock.now() - job.createdAt) / (job.doneAt - job.createdAt);
  const shown = {
    job_id: job.id,
    created_at: world.reported(job.createdAt, job),
    ...(state !== 'queued' && { started_at: world.reported(job.runsAt, job) }),
    model: request['model'],
    num_images: job.entry.outputs.length,
    ...(revealing && request),
  };
  const ended = Number.isFinite(job.doneAt) ? world.reported(job.doneAt, job) : null;
  if (state === 'failed') {
    const error = { code: 'generation_failed', message: 'The image could not be made' };
    return { ...shown, status: 'failed', failed_at: ended, error };
  }
  if (state !== 'success')
    return {
      ...shown,
      status: state === 'queued' ? 'pending' : 'processing',
      progress: Math.floor(Math.min(0.99, elapsed) * 100),
    };
  return {
    ...shown,
    status: 'completed',
    progress: 100,
    completed_at: ended,
    images: library.outputsOf(job).map(({ file, spec: { width, height } }) => ({
      url: world.files.url(file),
      width,
      height,
    })),
    tokens_used: job.entry.cost,
  };
}
