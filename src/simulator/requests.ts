import type { Context } from 'hono';
import type { z } from 'zod';
import { setRetryAfter } from './refusals.ts';
import type { Env, World } from './world.ts';

/** The body as a JSON object. Undefined for anything else. */
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

/** Whether a request is over a limit that counts all requests, paid or not. Sets the wait as a header. */
export function isOverLimit(context: Context<Env>, world: World, vendor: string): boolean {
  if (world.settings.perMinuteCounts === 'paid') return false;
  const wait = world.accountsOf(vendor).enter(context.get('account'));
  if (wait > 0) setRetryAfter(world, context, wait);
  return wait > 0;
}

/** Why a paid request cannot be accepted now. Sets the limit's wait as a header. */
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

/**
 * The problem with a link that the vendor is to fetch: it must be public, or one of the vendor's
 * own files.
 */
export function faultOfLink(world: World, link: string): string | undefined {
  if (!URL.canParse(link)) return `not a URL: ${link}`;
  const url = new URL(link);
  const isReachable = world.settings.reachable.includes(url.origin);
  if (isReachable || looksPublic(url) || world.files.knows(url)) return undefined;
  return `not public: ${link}`;
}

/** Whether the vendor could fetch this URL: http(s), and not an address of a private network. */
function looksPublic(url: URL): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  const host = url.hostname;
  const local = /^(localhost|127\.|10\.|0\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[)/;
  return !local.test(host) && host.includes('.') && !host.endsWith('.local');
}

/** The first problem of a body, as text. Undefined when there is none. */
export function faultOf(rule: z.ZodType, body: unknown): string | undefined {
  const result = rule.safeParse(body);
  const issue = result.error?.issues[0];
  if (issue === undefined) return undefined;
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}

/** A file's type by its first bytes, among the types that vendors accept. */
export function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 16));
  if (head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg';
  if (head.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
  const words = head.toString('latin1');
  if (words.startsWith('RIFF') && words.slice(8, 12) === 'WEBP') return 'image/webp';
  if (/^ftyp(heic|heix|hevc|mif1|msf1)/.test(words.slice(4))) return 'image/heic';
  return undefined;
}
