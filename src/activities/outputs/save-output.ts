import { download } from '../../http/download.ts';
import { EncodingError } from '../../http/encoding.ts';
import { HttpError, isFinal, TooLargeError, UnsafeUrlError } from '../../http/errors.ts';
import type { Due, SubmissionLedger } from '../../ledger/port.ts';
import { dataOf, isDataUrl } from './data-url.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { type KeptFile, keepFile, outputBytesMax } from './keep-file.ts';
import { NotMediaError } from './media-only.ts';
import { freshOutput, NoAddressError, OutputGoneError, outputUrl } from './output-url.ts';
import { reached } from '../moments.ts';
import { isDiskFull } from '../to-application-failure.ts';
import { messageOf } from '../../errors.ts';

export const outputTimes = { timeoutMs: 30 * 60_000, idleTimeoutMs: 60_000 };
/** Tries grow apart to ten minutes, so the last of these refusals is more than an hour after the first. */
const refusalsMax = 16;
/** Refusals, over eight minutes, after which an output that the vendor says it no longer has is lost. */
const goneMax = 10;
/** A proxy's word, not the file's own fate. */
const proxyRefuses = 407;

/** The file is not whole. */
class BrokenFileError extends Error {
  override readonly name = 'BrokenFileError';
}

type ReadyOutput = Due['downloads'][number];

/**
 * Fetches one output into the blob store, or notes when to try again. Nothing here costs money. Only what is
 * refused again and again while the vendor can be asked is lost: no outage, however long, ends the tries.
 * @returns whether it was saved
 */
export async function saveOutput(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
): Promise<boolean> {
  const { submissions } = deps.ledger;
  const { submission, index } = output;
  try {
    const file = await fetchOutput(deps, access, output);
    if (file === undefined) {
      await submissions.delayOutput(submission, index, 2_000, 'the vendor is preparing the file');
      return false;
    }
    reached('fetched', submission);
    const isFirst = await submissions.saveOutput(submission, index, file);
    reached('saved', submission);
    return isFirst;
  } catch (error) {
    if (isDiskFull(error)) throw error;
    await tryLater(deps, output, error);
    return false;
  }
}

type SavedFile = Parameters<SubmissionLedger['saveOutput']>[2];

/**
 * Undefined while the vendor prepares the file. A link that is refused is asked for anew and tried again at
 * once: it may live shorter than the wait between two tries. So a refusal that is thrown here stands although
 * the vendor was reached and names the file.
 */
async function fetchOutput(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
): Promise<SavedFile | undefined> {
  let url: string | undefined;
  try {
    url = await outputUrl(deps, access, output);
    return url === undefined ? undefined : await fetchFile(deps, access, url);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const fresh = await freshOutput(deps, access, output);
    if (fresh.url === null || fresh.url === url) throw error;
    return await fetchFile(deps, access, fresh.url);
  }
}

async function fetchFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
): Promise<SavedFile> {
  if (isDataUrl(url)) return await keepText(deps, url);
  const fetch = async (unpack: boolean): Promise<KeptFile> => {
    const limits = { maxBytes: outputBytesMax, ...outputTimes };
    const { trustedOrigin } = access;
    const { stream, endIsTold } = await download({ url, trustedOrigin, unpack, ...limits });
    return await keepFile(deps.blobs, stream, { endIsTold, text: false, unpack });
  };
  const { damage, ...file } = await fetch(true).catch((error: unknown) => {
    // What is said of its compression may be wrong: then the bytes are taken as they are.
    if (error instanceof EncodingError) return fetch(false);
    throw error;
  });
  if (damage !== null) throw new BrokenFileError(damage);
  return file;
}

/** Text came with the job's answer itself: nothing is fetched. */
async function keepText(deps: ActivityDependencies, url: string): Promise<SavedFile> {
  const { mime, bytes } = dataOf(url);
  if (mime !== 'text/plain') throw new NotMediaError(`the answer holds ${mime}, which is no text`);
  const sha256 = await deps.blobs.put(bytes);
  return { sha256, bytes: bytes.length, mime, width: null, height: null };
}

async function tryLater(
  deps: ActivityDependencies,
  output: ReadyOutput,
  error: unknown,
): Promise<void> {
  const { submissions } = deps.ledger;
  const { submission, index, tries } = output;
  const why = messageOf(error);
  const inMs = Math.min(600_000, 500 * 2 ** tries);
  const gone = error instanceof OutputGoneError;
  if (!gone && !isRefusal(error)) {
    await submissions.delayOutput(submission, index, inMs, why);
    return;
  }
  const refusals = await submissions.refuseOutput(submission, index, inMs, why);
  if (refusals <= (gone ? goneMax : refusalsMax)) return;
  deps.log(`output ${index} of ${submission} cannot be had: ${why}`);
  await submissions.loseOutput(submission, index, why);
}

/** There is an answer, and it is not the file. Anything else is about the way to it, which may be mended. */
function isRefusal(error: unknown): boolean {
  if (error instanceof HttpError) return isFinal(error.status) && error.status !== proxyRefuses;
  return (
    error instanceof NoAddressError ||
    error instanceof NotMediaError ||
    error instanceof BrokenFileError ||
    error instanceof EncodingError ||
    error instanceof TooLargeError ||
    error instanceof UnsafeUrlError
  );
}
