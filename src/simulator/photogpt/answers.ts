import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { hindrance, readObject } from '../requests.ts';
import type { Env, World } from '../world.ts';
import type { Library } from './library.ts';

/** The context of every PhotoGPT route. */
export interface Desk {
  readonly world: World;
  readonly library: Library;
}

export function problem(status: number, message: string): object {
  const err = status === 401 ? 'unauthorized' : status === 404 ? 'not found' : 'request failed';
  return { err, message, result: null, status: 'NOK' };
}

export function refuse(context: Context<Env>, status: number, message: string): Response {
  return context.json(problem(status, message), status as ContentfulStatusCode);
}

export function answer(context: Context<Env>, result: unknown): Response {
  return context.json({ status: 'OK', result });
}

/** The JSON body, or a refusal when it is not a JSON object. */
export async function readBody(context: Context<Env>): Promise<Record<string, unknown> | Response> {
  return (await readObject(context)) ?? refuse(context, 400, 'the body is not a JSON object');
}

/** Refuses a paid request that is over the rate limit or too expensive for the account. */
export function refuseUnpaid(
  context: Context<Env>,
  { world }: Desk,
  cost: number,
): Response | undefined {
  const hindered = hindrance(context, world, 'photogpt', cost);
  if (hindered === 'limited') return refuse(context, 429, 'too many requests');
  if (hindered === 'noFunds')
    return refuse(context, world.settings.noCreditsStatus, 'insufficient credits');
  return undefined;
}

export function priceOf({ world }: Desk, kind: 'image' | 'upscale' | 'video' | 'training'): number {
  return world.settings.prices['photogpt']?.[kind] ?? 0;
}
