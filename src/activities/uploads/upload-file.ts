import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import type { UploadPlace } from '../../hosting/port.ts';
import type { Json } from '../../json.ts';
import { sniffFile } from '../../media/source.ts';
import type { FileToUpload } from '../../providers/port.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { failpoint } from '../failpoints.ts';
import { type NeededFile, soundFile } from './sound-file.ts';

export interface Uploaded {
  readonly remote: Json;
  readonly url: string | null;
}

export interface WantedFile extends NeededFile {
  readonly purpose: string;
  readonly trainedModel: string | undefined;
}

/** An upload or link that expires sooner than this is renewed. */
export const expiryMarginMs = 10 * 60_000;

const processing = { firstMs: 500, longestMs: 5_000, altogetherMs: 5 * 60_000 };

const underWay = new WeakMap<ActivityDependencies, Map<string, Promise<Uploaded>>>();

/**
 * The file in its place and ready for use; uploads it if it is missing. Uploads are free, so one
 * with a lost answer is repeated. An answered upload is on record before its vendor has processed
 * it. Callers in one process share an upload under way.
 * @throws UserError when the vendor could not process the file; else any error of the upload
 */
export function ensureUploaded(
  deps: ActivityDependencies,
  place: UploadPlace,
  wanted: WantedFile,
): Promise<Uploaded> {
  const shared = underWay.get(deps) ?? new Map<string, Promise<Uploaded>>();
  underWay.set(deps, shared);
  const id = `${place.key} ${wanted.sha256} ${wanted.purpose}`;
  const running = shared.get(id);
  if (running) return running;
  const upload = findOrUpload(deps, place, wanted).finally(() => shared.delete(id));
  shared.set(id, upload);
  return upload;
}

async function findOrUpload(
  deps: ActivityDependencies,
  place: UploadPlace,
  wanted: WantedFile,
): Promise<Uploaded> {
  const { remotes } = deps.ledger;
  const { sha256, purpose } = wanted;
  const known = await remotes.upload(place.key, sha256, purpose);
  const lasts = (known?.expiresAt ?? Infinity) > deps.now() + expiryMarginMs;
  if (known && lasts && known.state !== 'intended') {
    if (known.state === 'stored') return known;
    if (await becomesReady(deps, place, wanted, known)) return known;
  }
  const file = await fileToUpload(deps, wanted);
  const atMost = referencesMax(deps, place, wanted);
  if (!(await remotes.intendUpload(place.key, sha256, purpose, atMost)))
    throw new UserError(
      `${wanted.path} is one reference too many: a trained model of ${place.name} keeps ${atMost}`,
      {
        next: [
          'use fewer different images with this model, or train another one for some of them',
          `or delete some that it has: shotlist uploads ${place.name}`,
        ],
      },
    );
  const stored = await place.upload({ ...file, trainedModel: wanted.trainedModel });
  await remotes.storeUpload(place.key, sha256, purpose, stored);
  failpoint('uploaded', sha256);
  if (stored.ready || (await becomesReady(deps, place, wanted, stored))) return stored;
  throw new UserError(`${place.name} lost ${wanted.path} while processing it`);
}

/**
 * Maximum number of different references of the trained model that a file belongs to; undefined: no
 * known limit.
 */
function referencesMax(
  { catalogue }: ActivityDependencies,
  { name }: UploadPlace,
  { trainedModel }: WantedFile,
): number | undefined {
  return trainedModel === undefined ? undefined : catalogue.get(name)?.training?.referencesMax;
}

/**
 * Waits until the vendor has processed the file; false if the vendor no longer has it.
 * @throws UserError when it fails, or takes too long
 */
async function becomesReady(
  deps: ActivityDependencies,
  place: UploadPlace,
  wanted: WantedFile,
  upload: Uploaded & { readonly expiresAt: number | null },
): Promise<boolean> {
  const { remotes } = deps.ledger;
  const { sha256, purpose, path } = wanted;
  const giveUpAt = deps.steadyNow() + processing.altogetherMs;
  let pauseMs = processing.firstMs;
  for (;;) {
    const [state = 'ready'] = (await place.uploadStates?.([upload.remote])) ?? [];
    if (state === 'ready') {
      const { remote, url, expiresAt } = upload;
      const stored = { remote, url, expiresAt, ready: true };
      await remotes.storeUpload(place.key, sha256, purpose, stored);
      return true;
    }
    if (state === 'missing' || state === 'failed')
      await remotes.dropUpload(place.key, sha256, purpose);
    if (state === 'missing') return false;
    if (state === 'failed') throw new UserError(`${place.name} could not process ${path}`);
    if (deps.steadyNow() + pauseMs > giveUpAt)
      throw new UserError(`${place.name} is still processing ${path} after 5 minutes`, {
        next: ['run the batch again later: the file is not uploaded a second time'],
      });
    await sleep(pauseMs);
    pauseMs = Math.min(processing.longestMs, pauseMs * 2);
  }
}

/** @throws as `soundFile` */
export async function fileToUpload(
  deps: ActivityDependencies,
  wanted: NeededFile,
): Promise<FileToUpload> {
  const path = await soundFile(deps, wanted);
  const { size } = await stat(path);
  const media = await sniffFile(path);
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
