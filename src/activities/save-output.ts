import sharp from 'sharp';
import { download } from '../http/download.ts';
import { HttpError } from '../http/errors.ts';
import { sniffMedia, type Media } from '../http/sniff.ts';
import type { Due } from '../ledger/port.ts';
import type { JobOutput } from '../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';

const imageBytesMax = 50 * 1024 * 1024;
const videoBytesMax = 2 * 1024 * 1024 * 1024;
/** Tries grow apart to ten minutes, so the last of them is more than an hour after the first. */
const triesMax = 14;
/** Tries after which an output that the vendor no longer has is lost. */
const goneTriesMax = 5;

type ReadyOutput = Due['downloads'][number];

/** The bytes are no picture or film; usually an error page. */
class NotMediaError extends Error {
  override readonly name = 'NotMediaError';
}

/**
 * Fetches one output into the blob store, or notes when to try again. Nothing here costs money.
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
    const url = await urlOf(deps, access, output);
    if (url === undefined) {
      await submissions.delayOutput(submission, index, 2_000, 'the vendor is preparing the file');
      return false;
    }
    const file = await fetchFile(deps, access, url);
    return await submissions.saveOutput(submission, index, file);
  } catch (error) {
    if (isDiskFull(error)) throw error;
    await tryLater(deps, access, output, error);
    return false;
  }
}

async function urlOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
): Promise<string | undefined> {
  const expired = output.expiresAt !== null && output.expiresAt <= deps.now();
  const current = expired ? await askAgain(deps, access, output) : output;
  if (current.url !== null) return current.url;
  if (!access.provider.prepare) throw new Error('the vendor named no address for the file');
  const prepared = await access.provider.prepare(current);
  return prepared.ready ? prepared.url : undefined;
}

/** A fresh address, through the job. */
async function askAgain(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
): Promise<JobOutput> {
  const state = await access.provider.check(output.job);
  const fresh = state.state === 'succeeded' ? state.outputs[output.index] : undefined;
  if (!fresh) throw new Error(`the vendor no longer has the file (its job is ${state.state})`);
  await deps.ledger.submissions.renewOutput(
    output.submission,
    output.index,
    fresh.url,
    fresh.expiresAt,
  );
  return fresh;
}

async function fetchFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  url: string,
): Promise<{
  sha256: string;
  bytes: number;
  mime: string;
  width: number | null;
  height: number | null;
}> {
  const { stream } = await download({
    url,
    trustedOrigin: access.trustedOrigin,
    maxBytes: videoBytesMax,
    timeoutMs: 30 * 60_000,
    idleTimeoutMs: 60_000,
  });
  const { sha256, bytes, head } = await deps.blobs.putStream(mediaOnly(stream), {
    maxBytes: videoBytesMax,
  });
  const media = sniffMedia(head);
  if (!media) throw new NotMediaError('the answer is neither picture nor film');
  return { sha256, bytes, mime: media.mime, ...(await sizeOf(deps, sha256, media)) };
}

/** Passes the bytes on, and ends the download as soon as they turn out not to be what was asked for. */
async function* mediaOnly(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let received = 0;
  let media: Media | undefined;
  for await (const chunk of stream) {
    if (received === 0 && chunk.length >= 512) {
      media = sniffMedia(chunk);
      if (!media) throw new NotMediaError('the answer is neither picture nor film');
    }
    received += chunk.length;
    if (media?.kind === 'image' && received > imageBytesMax)
      throw new Error(`the picture is larger than ${imageBytesMax} bytes`);
    yield chunk;
  }
}

async function sizeOf(
  deps: ActivityDependencies,
  sha256: string,
  media: Media,
): Promise<{ width: number | null; height: number | null }> {
  if (media.kind !== 'image') return { width: null, height: null };
  const { width, height } = await sharp(await deps.blobs.path(sha256)).metadata();
  return { width, height };
}

async function tryLater(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: ReadyOutput,
  error: unknown,
): Promise<void> {
  const { submissions } = deps.ledger;
  const { submission, index, tries } = output;
  const why = error instanceof Error ? error.message : String(error);
  const refused = error instanceof HttpError && [401, 403, 404, 410].includes(error.status);
  let gone = false;
  if (refused || output.expiresAt !== null)
    gone = await askAgain(deps, access, output).then(
      () => false,
      () => refused,
    );
  if (tries >= (gone ? goneTriesMax : triesMax)) {
    deps.log(`output ${index} of ${submission} cannot be had: ${why}`);
    await submissions.loseOutput(submission, index, why);
    return;
  }
  const inMs = Math.min(600_000, 500 * 2 ** tries);
  await submissions.delayOutput(submission, index, inMs, why);
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
