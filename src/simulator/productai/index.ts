import { Hono } from 'hono';
import type { Env, Vendor, World } from '../world.ts';
import { problemA } from './dialect-a-answers.ts';
import { dialectA } from './dialect-a.ts';
import { dialectB, problemB } from './dialect-b.ts';
import { Library } from './library.ts';

/**
 * ProductAI's two APIs on one host: the documented one, with the strictness of its documents, and
 * under `/api` the one that its own clients call.
 */
export const productai: Vendor = {
  id: 'productai',
  problem: (status, message, { path, retryAfterSeconds }) =>
    path.startsWith('/productai/api/')
      ? problemB(status, message)
      : problemA(status, message, retryAfterSeconds),
  routes(world: World): Hono<Env> {
    const desk = { world, library: new Library(world) };
    return new Hono<Env>().route('/api', dialectB(desk)).route('/', dialectA(desk));
  },
};
