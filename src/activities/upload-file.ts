import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { sniffMedia } from '../http/sniff.ts';
import type { Json } from '../json.ts';
import type { FileToUpload } from '../providers/port.ts';
import type { Blobs } from '../storage/blobs.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';

export interface Uploaded {
  readonly remote: Json;
  readonly url: string | null;
}

/** An upload that ends sooner than this is made anew. */
const expiryMarginMs = 10 * 60_000;

const underWay = new WeakMap<AccountAccess, Map<string, Promise<Uploaded>>>();

/**
 * The file at the account, uploaded now if it is not there yet. Uploads are free, so one whose answer was
 * lost is simply made again. Callers in one process share an upload under way.
 */
export function ensureUploaded(
  deps: ActivityDependencies,
  access: AccountAccess,
  wanted: { sha256: string; path: string; purpose: string; trainedModel: string | undefined },
): Promise<Uploaded> {
  const shared = underWay.get(access) ?? new Map<string, Promise<Uploaded>>();
  underWay.set(access, shared);
  const id = `${wanted.sha256} ${wanted.purpose}`;
  const running = shared.get(id);
  if (running) return running;
  const upload = findOrUpload(deps, access, wanted).finally(() => shared.delete(id));
  shared.set(id, upload);
  return upload;
}

async function findOrUpload(
  deps: ActivityDependencies,
  access: AccountAccess,
  wanted: { sha256: string; path: string; purpose: string; trainedModel: string | undefined },
): Promise<Uploaded> {
  const { remotes } = deps.ledger;
  const known = await remotes.upload(access.key, wanted.sha256, wanted.purpose);
  const lasts = (known?.expiresAt ?? Infinity) > deps.now() + expiryMarginMs;
  if (known?.state === 'stored' && lasts) return known;
  if (!access.provider.upload) throw new Error(`${access.name} takes no uploaded files`);
  const file = await fileToUpload(deps.blobs, wanted);
  await remotes.intendUpload(access.key, wanted.sha256, wanted.purpose);
  const stored = await access.provider.upload({ ...file, trainedModel: wanted.trainedModel });
  await remotes.storeUpload(access.key, wanted.sha256, wanted.purpose, stored);
  return stored;
}

/** @throws BlobMissingError */
export async function fileToUpload(
  blobs: Blobs,
  wanted: { sha256: string; path: string },
): Promise<FileToUpload> {
  const path = await blobs.path(wanted.sha256);
  const { size } = await stat(path);
  const media = sniffMedia(await headOf(path));
  const name = basename(wanted.path);
  return {
    sha256: wanted.sha256,
    mime: media?.mime ?? 'application/octet-stream',
    bytes: size,
    name: name.includes('.') || !media ? name : `${name}.${media.ext}`,
    path,
    trainedModel: undefined,
  };
}

async function headOf(path: string): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
  return buffer.subarray(0, bytesRead);
}
