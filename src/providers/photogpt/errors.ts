import { UserError } from '../../errors.ts';
import {
  FenceError,
  HttpError,
  NetworkError,
  ResponseShapeError,
  TimeoutError,
} from '../../http/errors.ts';
import { retryAfterMs } from '../../http/retry-after.ts';
import type { Verdict } from '../port.ts';
import { NotOkError } from './api.ts';

const fine = { kind: 'fine' } as const;
const unreachable = { kind: 'unreachable' } as const;
const noFunds = /insufficient\s+(credits?|balance|funds)|not enough credits|out of credits/i;

/** What an error of one call says about the request and the account. */
export function classify(error: unknown): Verdict {
  if (error instanceof HttpError) return classifyStatus(error);
  if (error instanceof NotOkError) return classifyNotOk(error);
  if (error instanceof FenceError)
    return { request: 'notSent', account: fine, message: error.message };
  if (error instanceof NetworkError || error instanceof TimeoutError)
    return {
      request: error.sent ? 'unknown' : 'notSent',
      account: error.sent ? fine : unreachable,
      message: error.message,
    };
  if (error instanceof ResponseShapeError)
    return { request: 'unknown', account: fine, message: `PhotoGPT: ${error.message}` };
  if (error instanceof UserError)
    return { request: 'refused', account: fine, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { request: 'unknown', account: fine, message };
}

function classifyStatus(error: HttpError): Verdict {
  const { status } = error;
  const message = `PhotoGPT answered ${status}: ${errorText(error.body)}`;
  if (status < 400 || status === 408 || status >= 500)
    return {
      request: 'unknown',
      account: [502, 503, 504].includes(status) ? unreachable : fine,
      message,
    };
  return { request: 'refused', account: accountOf(error), message };
}

function accountOf({ status, body, headers }: HttpError): Verdict['account'] {
  if (status === 402 || noFunds.test(body)) return { kind: 'noFunds' };
  if (status === 401) return { kind: 'badKey' };
  if (status === 403) return { kind: 'forbidden' };
  if (status !== 429) return fine;
  return { kind: 'limited', retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()) };
}

/**
 * NOK with a success status is not documented: want of credits is surely a refusal, of anything else the
 * job list has to tell.
 */
function classifyNotOk({ body }: NotOkError): Verdict {
  const message = `PhotoGPT answered NOK: ${errorText(body)}`;
  return noFunds.test(body)
    ? { request: 'refused', account: { kind: 'noFunds' }, message }
    : { request: 'unknown', account: fine, message };
}

/** Whether an error body is the vendor's own, and not a page of some gateway before it. */
export function isVendorBody(body: string): boolean {
  const parsed = parse(body);
  return parsed !== undefined && ('status' in parsed || 'message' in parsed || 'err' in parsed);
}

/** One line for a person out of whatever the body is. */
function errorText(body: string): string {
  const parsed = parse(body);
  const said = [parsed?.message, parsed?.err, parsed?.reason, parsed?.error]
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map(oneLine);
  if (said.length > 0) return [...new Set(said)].join('; ').slice(0, 300);
  const text = body.trim();
  if (text === '') return 'no explanation';
  if (/error code: 1010/i.test(text)) return 'blocked by Cloudflare (error code: 1010)';
  if (!text.startsWith('<')) return oneLine(text).slice(0, 300);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1];
  return title ? `a web page, "${oneLine(title).slice(0, 100)}"` : 'a web page';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
