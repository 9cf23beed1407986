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
/** This status comes from the proxy, and says nothing about the file. */
const proxyRefuses = 407;

export interface WantedOutput extends KnownOutput {
  /** Kind of media that the shot's model makes; null: unknown. */
  readonly makes: MediaKind | null;
}

/** A file, and whether its transfer was delimited. */
export interface FetchedFile extends KeptFile {
  readonly isDelimited: boolean;
}

/**
 * Fetches an output; undefined while the vendor prepares the file. If a link is refused or its file
 * is damaged, tries a fresh link at once: the link may expire before the next try. A refusal thrown
 * here therefore counts, although the vendor was reached and names the file.
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

/** Tries a fresh link. A damaged file is better than none, so a refusal here does not discard it. */
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

/** @throws NotMediaError, or any error of the download */
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
    // The compression header may be wrong: then take the bytes as they are.
    if (error instanceof EncodingError) return await fetch(false);
    throw error;
  }
}

/** The job's answer contains the file: nothing is fetched. */
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

/** Whether there is an answer that is not the file. Any other error concerns the transport, and may pass. */
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
