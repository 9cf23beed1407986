import type { MediaKind } from '../../batch/model-spec.ts';
import { download } from '../../http/download.ts';
import { EncodingError } from '../../http/encoding.ts';
import { HttpError, isFinal, TooLargeError, UnsafeUrlError } from '../../http/errors.ts';
import { dataOf, isDataUrl } from './data-url.ts';
import { type KeptFile, keepFile, outputBytesMax } from './keep-file.ts';
import { NotMediaError } from './media-only.ts';
import {
  freshOutput,
  type KnownOutput,
  NoAddressError,
  type OutputAccess,
  type OutputDependencies,
  OutputGoneError,
  outputUrl,
} from './output-url.ts';

export const outputTimes = { timeoutMs: 30 * 60_000, idleTimeoutMs: 60_000 };
/** This status is the proxy's, and says nothing of the file. */
const proxyRefuses = 407;

export interface WantedOutput extends KnownOutput {
  /** What its shot's model makes; null where nobody knows. */
  readonly makes: MediaKind | null;
}

/** A file and how it came. */
export interface FetchedFile extends KeptFile {
  readonly isDelimited: boolean;
}

/**
 * Undefined while the vendor prepares the file. A link that is refused, or brings a damaged file, is asked for
 * again and tried at once: it may live shorter than the wait between two tries. So a refusal that is
 * thrown here stands although the vendor was reached and names the file.
 */
export async function fetchOutput(
  deps: OutputDependencies,
  access: OutputAccess,
  output: WantedOutput,
): Promise<FetchedFile | undefined> {
  let url: string | undefined;
  let first: FetchedFile | undefined;
  try {
    url = await outputUrl(deps, access, output);
    first = url === undefined ? undefined : await fetchFile(deps, access, output, url);
    if (first === undefined || first.damage === null) return first;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const fresh = await freshOutput(deps, access, output);
    if (fresh.url === null || fresh.url === url) throw error;
    return await fetchFile(deps, access, output, fresh.url);
  }
  return (await fetchAfresh(deps, access, output, url)) ?? first;
}

/** A damaged file is better than none: whatever is said of a fresh link, it stays. */
async function fetchAfresh(
  deps: OutputDependencies,
  access: OutputAccess,
  output: WantedOutput,
  url: string | undefined,
): Promise<FetchedFile | undefined> {
  try {
    const fresh = await freshOutput(deps, access, output);
    if (fresh.url === null || fresh.url === url) return undefined;
    return await fetchFile(deps, access, output, fresh.url);
  } catch (error) {
    if (error instanceof OutputGoneError || isRefusal(error)) return undefined;
    throw error;
  }
}

/** @throws NotMediaError, what the download throws */
export async function fetchFile(
  { blobs }: OutputDependencies,
  { trustedOrigin }: OutputAccess,
  { makes }: Pick<WantedOutput, 'makes'>,
  url: string,
): Promise<FetchedFile> {
  if (isDataUrl(url)) return await keepData(blobs, url);
  const fetch = async (unpack: boolean): Promise<FetchedFile> => {
    const limits = { maxBytes: outputBytesMax, ...outputTimes };
    const { stream, isDelimited } = await download({ url, trustedOrigin, unpack, ...limits });
    const file = await keepFile(blobs, stream, { isDelimited, text: makes === 'text', unpack });
    return { ...file, isDelimited };
  };
  try {
    return await fetch(true);
  } catch (error) {
    // What is said of its compression may be wrong: then the bytes are taken as they are.
    if (error instanceof EncodingError) return await fetch(false);
    throw error;
  }
}

/** The file came with the job's answer itself: nothing is fetched. */
async function keepData(blobs: OutputDependencies['blobs'], url: string): Promise<FetchedFile> {
  const { mime, bytes } = dataOf(url);
  if (mime === 'text/plain') {
    const sha256 = await blobs.put(bytes);
    const facts = { width: null, height: null, damage: null };
    return { sha256, bytes: bytes.length, mime, ...facts, isDelimited: true };
  }
  const whole = (async function* () {
    yield bytes;
  })();
  const file = await keepFile(blobs, whole, { isDelimited: true, text: false });
  return { ...file, isDelimited: true };
}

/** There is an answer, and it is not the file. Anything else is about the way to it, which may be fixed. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof HttpError)
    return error.status < 400 || (isFinal(error.status) && error.status !== proxyRefuses);
  return (
    error instanceof NoAddressError ||
    error instanceof NotMediaError ||
    error instanceof TooLargeError ||
    error instanceof UnsafeUrlError
  );
}
