import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Account } from '../accounts.ts';
import { setRetryAfter } from '../misbehave.ts';
import type { Env, World } from '../world.ts';
import type { Library } from './library.ts';

/** What every PhotoGPT route works with. */
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

/** The JSON body, or a refusal of what is no JSON object. */
export async function readBody(context: Context<Env>): Promise<Record<string, unknown> | Response> {
  try {
    const body: unknown = await context.req.json();
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) {
      return body as Record<string, unknown>;
    }
  } catch {
    // Falls through: what cannot be parsed is refused like what is no object.
  }
  return refuse(context, 400, 'the body is not a JSON object');
}

/** A field that should be text; anything else counts as absent. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Refuses a paid request over the rate limit, or that the account cannot pay. */
export function refuseUnpaid(
  context: Context<Env>,
  { world }: Desk,
  account: Account,
  cost: number,
): Response | undefined {
  const accounts = world.accountsOf('photogpt');
  const wait = accounts.enter(account);
  if (wait > 0) {
    setRetryAfter(world, context, wait);
    return refuse(context, 429, 'too many requests');
  }
  world.jobs.settle();
  if (accounts.balance(account) >= cost) return undefined;
  return refuse(context, world.settings.noCreditsStatus, 'insufficient credits');
}

export function priceOf({ world }: Desk, kind: 'image' | 'upscale' | 'video' | 'training'): number {
  return world.settings.prices['photogpt']?.[kind] ?? 0;
}
