import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { faultOfLink, hindrance, isOverLimit, readObject, textOf } from '../requests.ts';
import type { Env, Vendor, World } from '../world.ts';
import { faultsOf, fieldFault, imageModels, videoModels } from './rules.ts';
import { newTaskId, Tasks } from './tasks.ts';

const id = 'gptimage2api';
const sayings: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  402: 'Insufficient credits',
};

function problem(status: number, message: string, path = ''): object {
  const unknown = status === 404 && path.includes('/tasks/') ? 'Task not found' : undefined;
  return { error: unknown ?? sayings[status] ?? message };
}

/** GPTImage2API, as strict as its documents. */
export const gptimage2api: Vendor = {
  id,
  problem: (status, message, { path }) => problem(status, message, path),
  routes,
};

function refuse(context: Context<Env>, status: number, message: string, more = {}): Response {
  return context.json({ ...problem(status, message), ...more }, status as ContentfulStatusCode);
}

function routes(world: World): Hono<Env> {
  const tasks = new Tasks(world);
  const api = new Hono<Env>();
  api.use(async (context, next) => {
    const key = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const account = key === undefined ? undefined : world.accountsOf(id).open(key);
    if (account === undefined) return refuse(context, 401, '');
    context.set('account', account);
    return isOverLimit(context, world, id) ? refuse(context, 429, 'Too many requests') : next();
  });
  api.post('/api/ai/image/generate', (context) => order(context, world, tasks, 'generate'));
  api.post('/api/ai/video/generate', (context) => order(context, world, tasks, 'video'));
  api.get('/api/ai/tasks/:id', (context) => {
    const job = world.jobs.get(context.get('account'), context.req.param('id'));
    const shown = job && tasks.show(job);
    return shown ? context.json(shown) : refuse(context, 404, 'Task not found');
  });
  return api;
}

async function order(
  context: Context<Env>,
  world: World,
  tasks: Tasks,
  kind: 'generate' | 'video',
): Promise<Response> {
  const invalid = (details: object): Response =>
    refuse(context, 400, 'Invalid request', { details });
  const body = await readObject(context);
  if (body === undefined) return invalid({ formErrors: ['not a JSON object'], fieldErrors: {} });
  const rule = (kind === 'video' ? videoModels : imageModels)[textOf(body['model'])];
  if (rule === undefined) return invalid(fieldFault('model', 'Unknown model'));
  const wrong = faultsOf(rule, body);
  if (wrong !== undefined) return invalid(wrong);
  for (const link of (body['inputImageUrls'] ?? []) as string[]) {
    const fault = faultOfLink(world, link);
    if (fault !== undefined) return invalid(fieldFault('inputImageUrls', fault));
  }
  const cost = world.settings.prices[id]?.[textOf(body['model'])] ?? rule.credits(body);
  const hindered = hindrance(context, world, id, cost);
  if (hindered === 'limited') return refuse(context, 429, 'Too many requests');
  if (hindered === 'noFunds') return refuse(context, 402, '', { required: cost });
  const { clock, jobMs, videoMs } = world.settings;
  const job = world.jobs.accept({
    vendor: id,
    account: context.get('account'),
    kind,
    request: body,
    cost,
    ms: kind === 'video' ? videoMs : jobMs,
    outputs: [randomUUID()],
    path: context.req.path,
    id: newTaskId(clock.now()),
  });
  context.set('accepted', job.entry);
  tasks.add(job, body);
  return context.json({ taskId: job.id, status: 0, creditsUsed: cost });
}
