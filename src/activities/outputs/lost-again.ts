import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { LostOutput } from '../../ledger/port.ts';
import { type FetchedFile, fetchFile, isRefusal } from './fetch-output.ts';
import {
  freshOutput,
  NoAddressError,
  type OutputAccess,
  type OutputDependencies,
  OutputGoneError,
} from './output-url.ts';
import { isTheFile, savedFile } from './save-output.ts';

/** Concurrent requests for lost files. */
const atOnce = 8;
/** Time limit for a vendor to prepare a file, and the interval of checks. */
const prepared = { withinMs: 60_000, everyMs: 2_000 };

/** Result of another request for a lost file. */
export type AskedAgain =
  | { readonly kind: 'saved'; readonly damage: string | null }
  /** The vendor gives the same answer. */
  | { readonly kind: 'lost'; readonly why: string }
  /** The vendor could not be reached; try again later. */
  | { readonly kind: 'unasked'; readonly why: string };

/**
 * Requests lost files once more from an account's vendor, before anyone pays for them again. Free;
 * an available file is saved.
 * @param report is called with each answer as it comes
 */
export async function askForLost(
  deps: OutputDependencies,
  access: OutputAccess,
  outputs: readonly LostOutput[],
  report: (output: LostOutput, answer: AskedAgain) => void,
  cancelled?: AbortSignal,
): Promise<void> {
  const queue = outputs.values();
  const work = async (): Promise<void> => {
    for (const output of queue) {
      if (cancelled?.aborted) return;
      report(output, await askOnce(deps, access, output));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function askOnce(
  deps: OutputDependencies,
  access: OutputAccess,
  output: LostOutput,
): Promise<AskedAgain> {
  const { submissions } = deps.ledger;
  const { submission, index } = output;
  try {
    const file = await fetchAgain(deps, access, output);
    const { damage } = file;
    const isTaken =
      damage === null ||
      isTheFile(file, await submissions.noteDamaged(submission, index, file.sha256));
    if (isTaken) {
      await submissions.recoverOutput(submission, index, savedFile(file));
      return { kind: 'saved', damage };
    }
    await submissions.askedOutput(submission, index, damage);
    return { kind: 'lost', why: damage };
  } catch (error) {
    const why = messageOf(error);
    if (!(error instanceof OutputGoneError) && !isRefusal(error)) return { kind: 'unasked', why };
    await submissions.askedOutput(submission, index, why);
    return { kind: 'lost', why };
  }
}

/** Fetches from the address that the vendor names now, or from the old one if it names none. */
async function fetchAgain(
  deps: OutputDependencies,
  access: OutputAccess,
  output: LostOutput,
): Promise<FetchedFile> {
  try {
    return await fetchFile(deps, access, output, await addressNow(deps, access, output));
  } catch (error) {
    if (!(error instanceof OutputGoneError) || output.url === null) throw error;
    return await fetchFile(deps, access, output, output.url).catch((other: unknown) => {
      throw isRefusal(other) ? error : other;
    });
  }
}

async function addressNow(
  deps: OutputDependencies,
  access: OutputAccess,
  output: LostOutput,
): Promise<string> {
  const fresh = await freshOutput(deps, access, output);
  if (fresh.url !== null) return fresh.url;
  const { provider } = access;
  if (!provider.prepare) throw new NoAddressError();
  const until = performance.now() + prepared.withinMs;
  for (;;) {
    const answer = await provider.prepare(fresh);
    if (answer.ready) return answer.url;
    if (performance.now() > until) throw new Error('the vendor is preparing the file');
    await sleep(prepared.everyMs);
  }
}
