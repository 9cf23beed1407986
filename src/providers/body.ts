import { UserError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { JobRef } from './port.ts';

/** A request's body without undefined fields. */
export function present(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}

/** @throws UserError: the request was not checked against its model */
export function missing(what: string): never {
  throw new UserError(`the request lacks ${what}`);
}

/**
 * The id for polling a job.
 * @throws UserError if the reference has none, because the job began elsewhere or in another dialect
 */
export function idIn(job: JobRef, name: string): string {
  const id = job[name];
  if ((typeof id === 'string' && id !== '') || typeof id === 'number') return String(id);
  throw new UserError(`the reference of this job has no ${name}: it began under another setting`, {
    next: ['set the account in shotlist.yaml as it was when the job began'],
  });
}
