import { UserError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';

/** A request's body; what was not given is not sent. */
export function present(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}

/** @throws UserError: the request was not checked against its model */
export function missing(what: string): never {
  throw new UserError(`the request lacks ${what}`);
}
