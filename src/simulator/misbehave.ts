import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AcceptedRequest } from './book.ts';
import { callOf, isTrainingImage } from './calls.ts';
import { iso } from './clock.ts';
import { encode } from './encoding.ts';
import type { Fault, Struck } from './faults.ts';
import { refuseWith } from './refusals.ts';
import { spoilAnswer } from './spoilt-answer.ts';
import type { Env, Vendor, World } from './world.ts';

const page =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Oops</h1></body></html>';

/** A vendor's API without faults, for a gateway that repeats a request. */
type Faultless = (request: Request, env: Env['Bindings']) => Response | Promise<Response>;

/** Injects the faults that strike a vendor's requests and answers. */
export function misbehave(
  world: World,
  vendor: Vendor,
  faultless: Faultless,
): MiddlewareHandler<Env> {
  return async (context, next) => {
    const { faults } = world;
    const request = await struckBy(context);
    const watch = watchClient(world, context);
    for (const { when, ms = 60_000 } of faults.draw('clock', request))
      if (when === 'after') watch.atEnd(() => world.jumpClock(ms));
      else world.jumpClock(ms);
    await delay(world, request);
    const [before] = faults.draw('request', request);
    if (before !== undefined) return strikeBefore(world, vendor, context, before);
    const [repeat] = faults.draw('repeat', request);
    const again = repeat && context.req.raw.clone();
    await next();
    if (again) await carryOutAgain(world, context, repeat, () => faultless(again, context.env));
    watch.accepted(context.get('accepted'));
    await spoilAnswer(world, context, request);
    await strikeAnswer(world, vendor, context, request);
    watch.end();
    return undefined;
  };
}

async function delay({ faults, book }: World, request: Struck): Promise<void> {
  book.underWay += 1;
  for (const { ms = 1_000 } of faults.draw('delay', request)) await sleep(ms);
  book.underWay -= 1;
}

async function strikeAnswer(
  { faults }: World,
  vendor: Vendor,
  context: Context<Env>,
  request: Struck,
): Promise<void> {
  const [after] = faults.draw('answer', request);
  if (after !== undefined) await strikeAfter(vendor, context, after);
  const [compressed] = faults.draw('encoding', request);
  if (compressed !== undefined) await compress(context, compressed);
}

async function struckBy(context: Context<Env>): Promise<Struck> {
  const { method, path } = context.req;
  const call = callOf(method, path);
  if (call !== 'upload' || !path.startsWith('/photogpt/')) return { method, path, call };
  // A copy: the route and a gateway that repeats it read the body themselves.
  const copy = context.req.raw.clone();
  const form = await copy.formData().catch(() => undefined);
  return { method, path, call: form && isTrainingImage(form) ? 'training-image' : 'upload' };
}

/** Records in the book that the client closed the connection before the answer to an accepted request. */
function watchClient(world: World, { env: { outgoing } }: Context<Env>) {
  const now = (): string => iso(world.settings.clock.now());
  const arrivedAt = now();
  let closedAt: string | null = null;
  let entry: AcceptedRequest | undefined;
  const last: (() => void)[] = [];
  const note = (): void => {
    if (entry === undefined || closedAt === null || entry.reply !== 'answered') return;
    entry.reply = 'gone';
    entry.closedAt = closedAt;
  };
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) closedAt = now();
    note();
  });
  return {
    atEnd: (work: () => void) => void last.push(work),
    accepted(accepted: AcceptedRequest | undefined) {
      entry = accepted;
      if (entry) entry.arrivedAt = arrivedAt;
      note();
    },
    end: () => last.forEach((work) => work()),
  };
}

/**
 * Sends the client's request to the vendor a second time. The book attributes the second acceptance
 * to the gateway.
 */
async function carryOutAgain(
  { book }: World,
  context: Context<Env>,
  { answer = 'first' }: Fault,
  again: () => Response | Promise<Response>,
): Promise<void> {
  const first = context.get('accepted');
  const { result, accepted } = await book.asGateway(async () => await again());
  const [second] = accepted;
  const unheard = answer === 'first' ? second : first;
  if (unheard) unheard.reply = 'withheld';
  if (answer === 'first') return;
  context.set('accepted', second);
  replace(context, result);
}

/** The request is not processed: nothing is accepted and nothing is charged. */
function strikeBefore(world: World, vendor: Vendor, context: Context<Env>, fault: Fault): Response {
  const refuse = (status: number): Response => refuseWith(world, vendor, context, fault, status);
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
      return refuse(429);
    case 'unauthorized':
      return refuse(401);
    case 'no-credits':
      return refuse(world.settings.noCreditsStatus);
    case 'not-found':
      return refuse(404);
    case 'refuse':
      return refuse(fault.status ?? 404);
    default:
      return refuse(fault.status ?? 500);
  }
}

/** The request was processed and the book has it. Only the answer is damaged. */
async function strikeAfter(vendor: Vendor, context: Context<Env>, fault: Fault): Promise<void> {
  const accepted = context.get('accepted');
  switch (fault.kind) {
    case 'reset-after':
      if (accepted !== undefined) accepted.reply = 'reset';
      context.env.outgoing.destroy();
      return replace(context, RESPONSE_ALREADY_SENT);
    case 'hang':
      if (accepted !== undefined) accepted.reply = 'unanswered';
      return replace(context, RESPONSE_ALREADY_SENT);
    case 'error-after': {
      if (accepted !== undefined) accepted.reply = 'error';
      const status = fault.status ?? 500;
      const { path } = context.req;
      const body = vendor.problem(status, 'internal error', { path });
      return replace(context, Response.json(body, { status }));
    }
    case 'html-after':
      if (accepted !== undefined) accepted.reply = 'garbled';
      return replace(
        context,
        new Response(page, {
          status: fault.status ?? 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
        }),
      );
    default: {
      if (accepted !== undefined) accepted.reply = 'garbled';
      const whole = await context.res.text();
      const headers = { 'content-type': 'application/json' };
      const { status } = context.res;
      replace(context, new Response(whole.slice(0, whole.length / 2), { status, headers }));
    }
  }
}

/** Compresses the answer although the client asked for plain bytes. */
async function compress(context: Context<Env>, { encoding = 'gzip' }: Fault): Promise<void> {
  if (context.res === RESPONSE_ALREADY_SENT) return;
  const { status, headers } = context.res;
  const bytes = encode(new Uint8Array(await context.res.arrayBuffer()), encoding);
  const type = headers.get('content-type') ?? 'application/json';
  replace(
    context,
    new Response(bytes, {
      status,
      headers: { 'content-type': type, 'content-encoding': encoding },
    }),
  );
}

function replace(context: Context<Env>, response: Response): void {
  context.res = undefined;
  context.res = response;
}
