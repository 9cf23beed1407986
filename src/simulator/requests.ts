import type { Context } from 'hono';
import { setRetryAfter } from './misbehave.ts';
import type { Env, World } from './world.ts';

/** The JSON object that the body is, or undefined for anything else. */
export async function readObject(
  context: Context<Env>,
): Promise<Record<string, unknown> | undefined> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const isObject = body !== null && typeof body === 'object' && !Array.isArray(body);
  return isObject ? (body as Record<string, unknown>) : undefined;
}

/** A field that should be text; anything else counts as absent. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Why a paid request cannot be taken now; the limit's wait is set as a header. */
/** Whether any request, paid or not, is over a limit that counts them all; sets the wait as a header. */
export function isOverLimit(context: Context<Env>, world: World, vendor: string): boolean {
  if (world.settings.perMinuteCounts === 'paid') return false;
  const wait = world.accountsOf(vendor).enter(context.get('account'));
  if (wait > 0) setRetryAfter(world, context, wait);
  return wait > 0;
}

export function hindrance(
  context: Context<Env>,
  world: World,
  vendor: string,
  cost: number,
): 'limited' | 'noFunds' | undefined {
  const accounts = world.accountsOf(vendor);
  const account = context.get('account');
  const wait = world.settings.perMinuteCounts === 'paid' ? accounts.enter(account) : 0;
  if (wait > 0) {
    setRetryAfter(world, context, wait);
    return 'limited';
  }
  world.jobs.settle();
  return accounts.balance(account) >= cost ? undefined : 'noFunds';
}

/** What is wrong with a link that the vendor is to fetch: it must be public, or one of its own files. */
export function faultOfLink(world: World, link: string): string | undefined {
  if (!URL.canParse(link)) return `not a URL: ${link}`;
  const url = new URL(link);
  if (looksPublic(url) || world.files.knows(url)) return undefined;
  return `not public: ${link}`;
}

/** Whether the vendor could fetch this URL: http(s), and no address of a private network. */
function looksPublic(url: URL): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  const host = url.hostname;
  const local = /^(localhost|127\.|10\.|0\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[)/;
  return !local.test(host) && host.includes('.') && !host.endsWith('.local');
}
