import { Hono } from 'hono';
import { isOverLimit } from '../requests.ts';
import type { Env, Vendor, World } from '../world.ts';
import { type Desk, answer, problem, refuse } from './answers.ts';
import { addJobRoutes } from './job-list.ts';
import { Library } from './library.ts';
import { addMediaRoutes } from './media.ts';
import { addModelRoutes } from './models.ts';
import { addPaidRoutes } from './paid.ts';
import { presets } from './rules.ts';

/** PhotoGPT's Developer API, with the strictness of its documents. */
export const photogpt: Vendor = { id: 'photogpt', problem, routes };

function routes(world: World): Hono<Env> {
  const desk: Desk = { world, library: new Library(world) };
  const accounts = world.accountsOf('photogpt');
  const api = new Hono<Env>();
  api.use(async (context, next) => {
    const key = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const account = key === undefined ? undefined : accounts.open(key);
    if (account === undefined) return refuse(context, 401, 'invalid API key');
    if (context.req.header('api-version') !== '1') {
      return refuse(context, 400, 'missing or unknown API-Version');
    }
    context.set('account', account);
    if (isOverLimit(context, world, 'photogpt')) return refuse(context, 429, 'too many requests');
    return next();
  });
  api.get('/ping', (context) => context.json({ message: 'pong!', status: 'OK' }));
  api.get('/presets', (context) => answer(context, presets));
  addPaidRoutes(api, desk);
  addJobRoutes(api, desk);
  addModelRoutes(api, desk);
  addMediaRoutes(api, desk);
  return api;
}
