import { UserError } from '../../errors.ts';
import { absoluteLink } from '../../http/links.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { JobOutput } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { matchOutputs, namedOutputs } from './match-outputs.ts';

/** An output as recorded in the ledger. */
export interface KnownOutput {
  readonly submission: string;
  readonly index: number;
  readonly job: JsonObject;
  readonly remote: Json;
  readonly url: string | null;
  readonly expiresAt: number | null;
}

export type OutputDependencies = Pick<ActivityDependencies, 'ledger' | 'blobs' | 'now' | 'log'>;
export type OutputAccess = Pick<AccountAccess, 'provider' | 'trustedOrigin'>;

/**
 * The vendor's address of an output, renewed if the old one ends within `marginMs`; undefined while
 * the vendor prepares the file.
 * @throws NoAddressError, OutputGoneError, or any error of the call
 */
export async function outputUrl(
  deps: OutputDependencies,
  access: OutputAccess,
  output: KnownOutput,
  marginMs = 0,
): Promise<string | undefined> {
  const { provider } = access;
  const expired = output.expiresAt !== null && output.expiresAt <= deps.now() + marginMs;
  const current = expired ? await freshOutput(deps, access, output) : output;
  if (current.url !== null) return current.url;
  if (!provider.prepare) throw new NoAddressError();
  const prepared = await provider.prepare(current);
  return prepared.ready ? absoluteLink(prepared.url, access.trustedOrigin) : undefined;
}

/** The vendor names the file without an address. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError';

  constructor() {
    super('the vendor named no address for the file');
  }
}

/** The vendor itself reports that the output no longer exists. */
export class OutputGoneError extends UserError {
  constructor(why: string) {
    super(`the vendor no longer has the file (${why})`);
  }
}

/**
 * The output with a fresh address, from its job. Accepts only an output that matches this one.
 * @throws OutputGoneError, or any error of the call
 */
export async function freshOutput(
  deps: OutputDependencies,
  { provider, trustedOrigin }: OutputAccess,
  { submission, index, job }: KnownOutput,
): Promise<JobOutput> {
  const state = await provider.check(job);
  if (state.state === 'pending') throw new Error(`the vendor says that the job is ${state.status}`);
  if (state.state !== 'succeeded') throw new OutputGoneError(`its job is ${state.state}`);
  const known = await deps.ledger.remotes.outputs(submission);
  const matched = matchOutputs(known, namedOutputs(state.outputs, trustedOrigin));
  const fresh = matched[known.findIndex((each) => each.index === index)];
  if (!fresh) throw new OutputGoneError('its job names other files only');
  await deps.ledger.submissions.renewOutput(submission, index, fresh.url, fresh.expiresAt);
  return fresh;
}
