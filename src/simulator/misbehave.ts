import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Fault } from './faults.ts';
import type { Env, Vendor, World } from './world.ts';

const page =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Oops</h1></body></html>';

/** Injects the faults that strike a vendor's requests and answers. */
export function misbehave(world: World, vendor: Vendor): MiddlewareHandler<Env> {
  return async (context, next) => {
    const { method, path } = context.req;
    for (const { ms } of world.faults.draw('delay', method, path)) await sleep(ms ?? 1_000);
    const [before] = world.faults.draw('request', method, path);
    if (before !== undefined) return strikeBefore(world, vendor, context, before);
    await next();
    const [after] = world.faults.draw('answer', method, path);
    if (after !== undefined) await strikeAfter(vendor, context, after);
    return undefined;
  };
}

/** The request is not looked at: nothing is accepted, nothing is charged. */
function strikeBefore(world: World, vendor: Vendor, context: Context<Env>, fault: Fault): Response {
  const retryAfterSeconds = fault.seconds ?? 1;
  const refuse = (status: number, message: string): Response =>
    context.json(
      vendor.problem(status, message, { path: context.req.path, retryAfterSeconds }),
      status as ContentfulStatusCode,
    );
  switch (fault.kind) {
    case 'refused':
      world.outage(fault.ms ?? 1_000);
      return RESPONSE_ALREADY_SENT;
    case 'reset-before':
      context.env.outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    case 'html-before':
      return context.html(page, (fault.status ?? 502) as ContentfulStatusCode);
    case 'rate-limit':
      setRetryAfter(world, context, retryAfterSeconds, fault.retryAfter);
      return refuse(429, 'too many requests');
    case 'unauthorized':
      return refuse(401, 'invalid API key');
    case 'no-credits':
      return refuse(world.settings.noCreditsStatus, 'insufficient credits');
    case 'not-found':
      return refuse(404, 'not found');
    default:
      return refuse(fault.status ?? 500, 'internal error');
  }
}

/** The request was carried out, and the book has it; only the answer is spoilt. */
async function strikeAfter(vendor: Vendor, context: Context<Env>, fault: Fault): Promise<void> {
  const accepted = context.get('accepted');
  const replace = (response: Response): void => {
    context.res = undefined;
    context.res = response;
  };
  switch (fault.kind) {
    case 'reset-after':
      if (accepted !== undefined) accepted.reply = 'reset';
      context.env.outgoing.destroy();
      return replace(RESPONSE_ALREADY_SENT);
    case 'hang':
      if (accepted !== undefined) accepted.reply = 'unanswered';
      return replace(RESPONSE_ALREADY_SENT);
    case 'error-after': {
      if (accepted !== undefined) accepted.reply = 'error';
      const status = fault.status ?? 500;
      const { path } = context.req;
      return replace(Response.json(vendor.problem(status, 'internal error', { path }), { status }));
    }
    case 'html-after':
      if (accepted !== undefined) accepted.reply = 'garbled';
      return replace(
        new Response(page, {
          status: fault.status ?? 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
        }),
      );
    default: {
      if (accepted !== undefined) accepted.reply = 'garbled';
      const whole = await context.res.text();
      const headers = { 'content-type': 'application/json' };
      replace(
        new Response(whole.slice(0, whole.length / 2), { status: context.res.status, headers }),
      );
    }
  }
}

/** In the form that the fault or the settings choose; `none` sends no header. */
export function setRetryAfter(
  world: World,
  context: Context<Env>,
  seconds: number,
  form = world.settings.retryAfter,
): void {
  if (form === 'seconds') context.header('Retry-After', String(seconds));
  if (form === 'date') {
    const at = new Date(world.settings.clock.now() + seconds * 1_000);
    context.header('Retry-After', at.toUTCString());
  }
}
