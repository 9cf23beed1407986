import { download } from '../../http/download.ts';
import { EncodingError } from '../../http/encoding.ts';
import { HttpError, isFinal, TooLargeError, UnsafeUrlError } from '../../http/errors.ts';
import { messageOf, UserError } from '../../errors.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { mediaOnly, NotMediaError } from '../outputs/media-only.ts';
import { NotHereYetError } from './not-here-yet.ts';

/** Maximum size of a linked file that is downloaded for upload. */
export const linkedFileBytesMax = 200 * 1024 * 1024;

/** Longer than any wait between two claims, and short enough to notice a new image at the link. */
const keptMs = 60 * 60_000;
/** A lasting failure is reused for this time. A retry follows soon, in case the link was fixed. */
const failureKeptMs = 2 * 60_000;
/** A link is given up after failing for this time and this number of tries. */
const patience = { ms: 10 * 60_000, tries: 3 };

interface Fetched {
  readonly sha256: Promise<string>;
  /** Monotonic clock; absent while the download is under way. */
  until?: number;
}

/** A failing link, with any kind of failure: its first failure and its number of tries. */
interface Failing {
  readonly since: number;
  tries: number;
}

const fetched = new WeakMap<ActivityDependencies, Map<string, Fetched>>();
const failing = new WeakMap<ActivityDependencies, Map<string, Failing>>();

/**
 * The file behind a link. Concurrent callers wait for the same download, and the result is kept for
 * a while. A request that times out before the file arrives finds it at its next claim.
 * @throws UserError if the link can never be used, or has failed for long; else NotHereYetError
 */
export async function linkedFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
): Promise<{ sha256: string; path: string }> {
  const known = fetched.get(deps) ?? new Map<string, Fetched>();
  fetched.set(deps, known);
  // The account determines which addresses may be fetched.
  const id = `${access.trustedOrigin} ${url}`;
  const before = known.get(id);
  const isKnown = before !== undefined && !isOver(deps, before);
  const current = isKnown
    ? before
    : remember(deps, known, id, fetchPatiently(deps, access, url, id));
  const sha256 = await current.sha256;
  if (!isKnown || (await deps.blobs.has(sha256))) return { sha256, path: new URL(url).pathname };
  if (known.get(id) === current) known.delete(id);
  return await linkedFile(deps, access, url);
}

function remember(
  deps: ActivityDependencies,
  known: Map<string, Fetched>,
  id: string,
  sha256: Promise<string>,
): Fetched {
  for (const [old, entry] of known)
    if (isOver(deps, entry)) known.delete(old);
    else break;
  const entry: Fetched = { sha256 };
  known.delete(id);
  known.set(id, entry);
  const keep = (ms: number): void => {
    entry.until = deps.steadyNow() + ms;
  };
  sha256.then(
    () => keep(keptMs),
    (error: unknown) => keep(error instanceof NotHereYetError ? 0 : failureKeptMs),
  );
  return entry;
}

function isOver(deps: ActivityDependencies, { until = Infinity }: Fetched): boolean {
  return until <= deps.steadyNow();
}

/** Downloads the file and classifies a failure, so that no shot waits for a link that cannot work. */
async function fetchPatiently(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
  id: string,
): Promise<string> {
  const links = failing.get(deps) ?? new Map<string, Failing>();
  failing.set(deps, links);
  try {
    const sha256 = await fetchLinked(deps, access, url);
    links.delete(id);
    return sha256;
  } catch (cause) {
    const failed = links.get(id) ?? { since: deps.steadyNow(), tries: 0 };
    failed.tries += 1;
    links.set(id, failed);
    const forMs = deps.steadyNow() - failed.since;
    const isLong = forMs >= patience.ms && failed.tries >= patience.tries;
    const message = messageOf(cause);
    if (!isLasting(cause) && !isLong)
      throw new NotHereYetError(`the file of a link is not available yet: ${message}`, { cause });
    links.delete(id);
    const during = isLong ? ` (tried for ${Math.round(forMs / 60_000)} minutes)` : '';
    throw new UserError(`the link cannot be used: ${message}${during}`, { cause });
  }
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

/** Another try would have the same result. */
function isLasting(error: unknown): boolean {
  if (error instanceof HttpError) return isFinal(error.status);
  return (
    error instanceof UnsafeUrlError ||
    error instanceof EncodingError ||
    error instanceof TooLargeError ||
    error instanceof NotMediaError
  );
}
