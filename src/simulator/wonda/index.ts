import { Hono } from 'hono';
import { isOverLimit } from '../requests.ts';
import type { Env, Vendor, World } from '../world.ts';
import { type Desk, id, problem, refuse } from './answers.ts';
import { addJobRoutes } from './jobs.ts';
import { Library } from './library.ts';
import { addMediaRoutes } from './media.ts';
import { capabilities } from './models.ts';
import { addPaidRoutes } from './paid.ts';
import { balanceOf, priceList } from './prices.ts';

/** Wonda's API, with the strictness of its documents. Its live list defines the models' inputs. */
export const wonda: Vendor = {
  id,
  problem: (status, message, { retryAfterSeconds, now }) => {
    const isLimit = status === 429 && retryAfterSeconds !== undefined && now !== undefined;
    const more = isLimit ? { deferUntil: now + retryAfterSeconds * 1_000 } : {};
    return problem(status, message, undefined, more);
  },
  routes,
};

function routes(world: World): Hono<Env> {
  const desk: Desk = { world, library: new Library(world) };
  const api = new Hono<Env>();
  api.use(async (context, next) => {
    const key = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const account = key === undefined ? undefined : world.accountsOf(id).open(key);
    if (account === undefined) return refuse(context, 401, 'missing or invalid API key');
    context.set('account', account);
    const { projects } = world.settings;
    const project = context.req.header('x-wonda-project');
    if (project !== undefined && projects.length > 0 && !projects.includes(project))
      return refuse(context, 400, `unknown project '${project}'`, 'unknown_project');
    if (context.req.header('x-wonda-org') === '')
      return refuse(context, 400, 'X-Wonda-Org is empty', 'bad_request');
    if (isOverLimit(context, world, id)) return refuse(context, 429, 'too many requests');
    return next();
  });
  api.get('/capabilities', (context) => context.json(capabilities()));
  api.get('/pricing', (context) => context.json(priceList(world)));
  api.get('/balance', (context) => {
    world.jobs.settle();
    return context.json(balanceOf(world, context.get('account').spent));
  });
  for (const kind of ['video', 'image', 'audio'])
    api.post(`/${kind}/edit`, (context) =>
      refuse(context, 410, 'editing runs locally now: wonda operations list'),
    );
  addPaidRoutes(api, desk);
  addJobRoutes(api, desk);
  addMediaRoutes(api, desk);
  return api;
}
