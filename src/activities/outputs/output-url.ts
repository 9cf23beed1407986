import { UserError } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { JobOutput, Provider } from '../../providers/port.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** An output as the ledger has it. */
export interface KnownOutput {
  readonly submission: string;
  readonly index: number;
  readonly job: JsonObject;
  readonly remote: Json;
  readonly url: string | null;
  readonly expiresAt: number | null;
}

/**
 * The vendor's address of an output, asked anew where the old one ends within `marginMs`; undefined while
 * the vendor prepares the file.
 * @throws NoAddressError, OutputGoneError, or what the call throws
 */
export async function outputUrl(
  deps: ActivityDependencies,
  provider: Provider,
  output: KnownOutput,
  marginMs = 0,
): Promise<string | undefined> {
  const expired = output.expiresAt !== null && output.expiresAt <= deps.now() + marginMs;
  const current = expired ? await freshOutput(deps, provider, output) : output;
  if (current.url !== null) return current.url;
  if (!provider.prepare) throw new NoAddressError();
  const prepared = await provider.prepare(current);
  return prepared.ready ? prepared.url : undefined;
}

/** The vendor names the file and not where it is. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError';

  constructor() {
    super('the vendor named no address for the file');
  }
}

/** The vendor itself says that there is no such output any more. */
export class OutputGoneError extends UserError {
  constructor(state: string) {
    super(`the vendor no longer has the file (its job is ${state})`);
  }
}

/** The output with a fresh address, through its job. @throws OutputGoneError, or what the call throws */
export async function freshOutput(
  deps: ActivityDependencies,
  provider: Provider,
  output: KnownOutput,
): Promise<JobOutput> {
  const state = await provider.check(output.job);
  const fresh = state.state === 'succeeded' ? state.outputs[output.index] : undefined;
  if (state.state === 'pending') throw new Error(`the vendor says that the job is ${state.word}`);
  if (!fresh) throw new OutputGoneError(state.state);
  const { submission, index } = output;
  await deps.ledger.submissions.renewOutput(submission, index, fresh.url, fresh.expiresAt);
  return fresh;
}
