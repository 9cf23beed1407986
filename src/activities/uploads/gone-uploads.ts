import { messageOf } from '../../errors.ts';
import type { UploadPlace } from '../../hosting/port.ts';
import type { Json } from '../../json.ts';
import type { UploadState } from '../../providers/port.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** A file that a request names: an upload in its place, or an output at the account that made it. */
export interface UsedFile {
  readonly place: UploadPlace;
  readonly sha256: string;
  /** Null for an output. */
  readonly purpose: string | null;
  readonly remote: Json;
}

/**
 * Checks, for free, whether uploads of earlier runs still exist. A missing upload is forgotten, so
 * that it is uploaded again before a paid request names it. The rest count as seen in this run.
 * @throws any error of the call: then nothing is known
 */
export async function confirmUploads(
  deps: ActivityDependencies,
  place: UploadPlace,
  uploads: readonly (UsedFile & { readonly purpose: string })[],
): Promise<void> {
  const { remotes } = deps.ledger;
  const states = await place.uploadStates?.(uploads.map(({ remote }) => remote));
  for (const [index, { sha256, purpose, remote }] of uploads.entries())
    if (isGone(states?.[index])) {
      deps.log(`${place.name} no longer has an upload of ${sha256.slice(0, 8)}: it is made again`);
      await remotes.dropUpload(place.key, sha256, purpose, remote);
    } else await remotes.seeUpload(place.key, sha256, purpose);
}

/**
 * Handles the refusal of a paid request with these files. Uploads that the vendor reports as gone
 * are forgotten. Without a call for this, uploads of earlier runs are forgotten too, so that the
 * next run uploads them again.
 * @returns whether a file is surely gone, so that the request is worth another try
 */
export async function forgetGoneUploads(
  deps: ActivityDependencies,
  submission: string,
  used: readonly UsedFile[],
): Promise<boolean> {
  const { remotes } = deps.ledger;
  let isSure = false;
  for (const [place, files] of Map.groupBy(used, (file) => file.place)) {
    if (!place.uploadStates) {
      for (const { sha256, purpose } of files)
        if (purpose !== null) await remotes.dropOldUpload(place.key, sha256, purpose, submission);
      continue;
    }
    const states = await askStates(deps, place, files);
    for (const [index, { sha256, purpose, remote }] of files.entries()) {
      if (!isGone(states[index])) continue;
      isSure = true;
      if (purpose !== null) await remotes.dropUpload(place.key, sha256, purpose, remote);
      else if (typeof remote === 'string') await remotes.forgetUploads(place.key, [remote]);
    }
  }
  return isSure;
}

/** Never rejects: the refusal stands with any result. */
async function askStates(
  deps: ActivityDependencies,
  place: UploadPlace,
  files: readonly UsedFile[],
): Promise<readonly UploadState[]> {
  try {
    return (await place.uploadStates?.(files.map(({ remote }) => remote))) ?? [];
  } catch (error) {
    deps.log(`${place.name} could not be asked for its uploads: ${messageOf(error)}`);
    return [];
  }
}

function isGone(state: UploadState | undefined): boolean {
  return state === 'missing' || state === 'failed';
}
