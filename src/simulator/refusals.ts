import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Call, callOf } from './calls.ts';
import { iso } from './clock.ts';
import type { Fault } from './faults.ts';
import { rewriteNumbers } from './numbers.ts';
import type { Env, Vendor, World } from './world.ts';

const sayings: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'invalid API key',
  402: 'insufficient credits',
  403: 'access denied',
  404: 'not found',
  409: 'conflict: try again later',
  429: 'too many requests',
};

/** Refuses with this status, as the vendor or as a gateway in front of it. Nothing is accepted. */
export function refuseWith(
  world: World,
  vendor: Vendor,
  context: Context<Env>,
  fault: Fault,
  status: number,
): Response {
  if (status === 429) setRetryAfter(world, context, fault.seconds ?? 1, fault);
  const code = status as ContentfulStatusCode;
  switch (fault.words ?? 'vendor') {
    case 'kong':
      return context.json({ message: kongSays(status) }, code);
    case 'nginx':
      return context.html(nginxPage(status), code);
    case 'cloudflare':
      return context.text('error code: 1010', code);
    default: {
      const { path } = context.req;
      const { form } = fault;
      // The time is passed only to name the wait in an unusual form.
      const time = form && { now: world.vendorNow() };
      const about = { path, retryAfterSeconds: fault.seconds ?? 1, ...time };
      const body = vendor.problem(status, sayings[status] ?? 'internal error', about);
      const waits = /^(retry_after|deferUntil)$/;
      return context.json(form ? (rewriteNumbers(body, waits, form) ?? body) : body, code);
    }
  }
}

const paid: readonly (Call | undefined)[] = ['generate', 'upscale', 'video'];

/** Records a paid request refused with a 4xx: it certainly made no job. */
export async function noteRefusal(world: World, context: Context<Env>): Promise<void> {
  const { method, path } = context.req;
  const { status } = context.res;
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  if (!isRefusal || !paid.includes(callOf(method, path))) return;
  const request: unknown = await context.req.json().catch(() => null);
  const [, vendor = ''] = path.split('/');
  world.book.refuse({ vendor, at: iso(world.settings.clock.now()), status, request });
}

/** The message of the gateway Kong. */
function kongSays(status: number): string {
  const own: Readonly<Record<number, string>> = {
    401: 'No API key found in request',
    404: 'no Route matched with those values',
    429: 'API rate limit exceeded',
  };
  return own[status] ?? 'An unexpected error occurred';
}

/** The error page of nginx. */
function nginxPage(status: number): string {
  const words = `${status} ${status === 404 ? 'Not Found' : 'Request Refused'}`;
  return (
    `<html>\r\n<head><title>${words}</title></head>\r\n<body>\r\n<center><h1>${words}</h1></center>\r\n` +
    '<hr><center>nginx/1.27.4</center>\r\n</body>\r\n</html>\r\n'
  );
}

/** Sets Retry-After in the form of the fault or the settings. `none` sends no header. */
export function setRetryAfter(
  world: World,
  context: Context<Env>,
  seconds: number,
  { retryAfter = world.settings.retryAfter, text = [] }: Partial<Fault> = {},
): void {
  if (retryAfter === 'seconds') context.header('Retry-After', String(seconds));
  if (retryAfter === 'date') {
    const at = new Date(world.vendorNow() + seconds * 1_000);
    context.header('Retry-After', at.toUTCString());
  }
  if (retryAfter === 'text')
    for (const line of [text].flat()) context.header('Retry-After', line, { append: true });
}
