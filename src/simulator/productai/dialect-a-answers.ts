import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Env } from '../world.ts';

/** The codes of 403, 404 and 500 are not documented. */
const codes: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  402: 'insufficient_credits',
  403: 'forbidden',
  404: 'not_found',
  429: 'rate_limit_exceeded',
};

export function problemA(status: number, message: string, retryAfterSeconds?: number): object {
  const error = { code: codes[status] ?? 'internal_error', message };
  if (status !== 429) return { error };
  return { error: { ...error, retry_after: retryAfterSeconds ?? 60 } };
}

export function refuse(
  context: Context<Env>,
  status: number,
  message: string,
  retryAfterSeconds?: number,
): Response {
  const body = problemA(status, message, retryAfterSeconds);
  return context.json(body, status as ContentfulStatusCode);
}
