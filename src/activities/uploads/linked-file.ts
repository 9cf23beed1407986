import { download } from '../../http/download.ts';
import { EncodingError } from '../../http/encoding.ts';
import { HttpError, isFinal, TooLargeError, UnsafeUrlError } from '../../http/errors.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { mediaOnly, NotMediaError } from '../outputs/media-only.ts';

/** A link's file that is downloaded to be uploaded. */
export const linkedFileBytesMax = 200 * 1024 * 1024;

/** Longer than any run waits between two claims; not so long that a link's new picture is never seen. */
const keptMs = 60 * 60_000;
/** A failure that would come again: told to the next who asks, and soon tried anew where the link was mended. */
const failureKeptMs = 2 * 60_000;

interface Fetched {
  readonly sha256: Promise<string>;
  /** By a clock that nobody sets; none while it is under way. */
  until?: number;
}

const fetched = new WeakMap<ActivityDependencies, Map<string, Fetched>>();

/**
 * The file behind a link. Whoever asks for it while it is under way waits for the same download, and it is
 * kept in mind for a while: a request whose time is over before the file is here finds it when it is claimed
 * again.
 */
export async function linkedFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
): Promise<{ sha256: string; path: string }> {
  const known = fetched.get(deps) ?? new Map<string, Fetched>();
  fetched.set(deps, known);
  // Which addresses may be fetched depends on the account.
  const id = `${access.trustedOrigin} ${url}`;
  const before = known.get(id);
  const isKnown = before !== undefined && !isOver(before);
  const current = isKnown ? before : remember(known, id, fetchLinked(deps, access, url));
  const sha256 = await current.sha256;
  if (!isKnown || (await deps.blobs.has(sha256))) return { sha256, path: new URL(url).pathname };
  if (known.get(id) === current) known.delete(id);
  return await linkedFile(deps, access, url);
}

function remember(known: Map<string, Fetched>, id: string, sha256: Promise<string>): Fetched {
  for (const [old, entry] of known)
    if (isOver(entry)) known.delete(old);
    else break;
  const entry: Fetched = { sha256 };
  known.delete(id);
  known.set(id, entry);
  const keep = (ms: number): void => {
    entry.until = performance.now() + ms;
  };
  sha256.then(
    () => keep(keptMs),
    (error: unknown) => keep(isLasting(error) ? failureKeptMs : 0),
  );
  return entry;
}

function isOver({ until = Infinity }: Fetched): boolean {
  return until <= performance.now();
}

async function fetchLinked(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
): Promise<string> {
  const { stream } = await download({
    url,
    trustedOrigin: access.trustedOrigin,
    maxBytes: linkedFileBytesMax,
    timeoutMs: 120_000,
    idleTimeoutMs: 30_000,
  });
  const limits = { maxBytes: linkedFileBytesMax };
  const { sha256 } = await deps.blobs.putStream(mediaOnly(stream), limits);
  return sha256;
}

/** Another try would end alike. What a stranger's server says is about its link, never about the account. */
export function isLasting(error: unknown): error is Error {
  if (error instanceof HttpError) return isFinal(error.status);
  return (
    error instanceof UnsafeUrlError ||
    error instanceof EncodingError ||
    error instanceof TooLargeError ||
    error instanceof NotMediaError
  );
}
