import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Env, World } from '../world.ts';
import type { Library } from './library.ts';

export const id = 'wonda';

/** The context of every Wonda route. */
export interface Desk {
  readonly world: World;
  readonly library: Library;
}

const codes: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'unauthorized',
  402: 'insufficient_credits',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'gone',
  429: 'rate_limit_exceeded',
};

/** An error body. `more` holds the further fields of some errors. */
export function problem(status: number, message: string, code?: string, more = {}): object {
  return { error: { message, code: code ?? codes[status] ?? 'internal_server_error', ...more } };
}

export function refuse(
  context: Context<Env>,
  status: number,
  message: string,
  code?: string,
): Response {
  return context.json(problem(status, message, code), status as ContentfulStatusCode);
}
