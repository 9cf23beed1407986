import type { ShotRequest } from '../../batch/request.ts';
import { UserError } from '../../errors.ts';
import type { PlanLedger } from '../../ledger/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { existingModelOf } from '../../ledger/rules/upload-purpose.ts';
import { withHeartbeat, orAborted, pause } from '../heartbeat.ts';
import { accessFor, checkLedger, type RunInput } from '../own-work.ts';
import { confirmUploads } from './gone-uploads.ts';
import { ensureUploaded } from './upload-file.ts';
import { filePlaceOf, openPlace, uploadFailure } from './upload-places.ts';

export interface UploadReferencesInput extends RunInput {
  readonly step: string;
  readonly account: string;
  /** This activity's part of the step's files, selected by their sha-256. */
  readonly slice: number;
  readonly slices: number;
}

const uploadsAtOnce = 4;
/** Tries of a file that the vendor's rate limit refuses, and the longest wait before each. */
const limitedTries = 5;
const limitedMostMs = 60_000;

/**
 * Uploads one slice of a step's references to an account. A failed upload is left to the shots that
 * need the file: each tries again and reports the reason.
 */
export async function uploadReferences(
  deps: ActivityDependencies,
  input: UploadReferencesInput,
): Promise<void> {
  checkLedger(deps, input);
  const { batch, run, step } = input;
  const usable = await accessFor(deps, input.account, { batch, run });
  // The lane of the shots stops with the reason.
  if (usable.kind !== 'access') return;
  const { access } = usable;
  const placeOf = (request: ShotRequest) => filePlaceOf(deps, request);
  const needed = await deps.ledger.plans.neededUploads(batch, run, step, placeOf);
  const mine = needed.filter(
    ({ account, sha256 }) =>
      account === input.account && sliceOf(sha256, input.slices) === input.slice,
  );
  await withHeartbeat(async (cancelled, report) => {
    await orAborted(confirm(deps, access, mine), cancelled);
    const queue = mine.values();
    const work = async (): Promise<void> => {
      for (const file of queue) {
        if (cancelled.aborted) return;
        report(file.path);
        await orAborted(bringInTurn(deps, access, file, cancelled), cancelled).catch(
          (error: unknown) => deps.log(`${file.path}: ${uploadFailure(access, error).message}`),
        );
      }
    };
    await Promise.all(Array.from({ length: uploadsAtOnce }, work));
  });
}

/** Best effort: an upload that cannot be checked is used as it is, and a refusal will show its absence. */
async function confirm(
  deps: ActivityDependencies,
  access: AccountAccess,
  files: readonly NeededUpload[],
): Promise<void> {
  for (const [key, known] of Map.groupBy(files, ({ place }) => place)) {
    const place = openPlace(access, key);
    if (!place) continue;
    const uploads = known.flatMap(({ sha256, purpose, remote }) =>
      remote === undefined ? [] : [{ place, sha256, purpose, remote }],
    );
    if (uploads.length > 0)
      await confirmUploads(deps, place, uploads).catch((error: unknown) =>
        deps.log(`${place.name}: ${uploadFailure(access, error).message}`),
      );
  }
}

type NeededUpload = Awaited<ReturnType<PlanLedger['neededUploads']>>[number];

/** Retries after a refusal by the rate limit. */
async function bringInTurn(
  deps: ActivityDependencies,
  access: AccountAccess,
  file: NeededUpload,
  cancelled: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await bring(deps, access, file);
    } catch (error) {
      const { account } = uploadFailure(access, error);
      if (account.kind !== 'limited') throw error;
      const { retryAfterMs } = account;
      if (tries === limitedTries || retryAfterMs > limitedMostMs || cancelled.aborted) throw error;
      await pause(retryAfterMs, cancelled);
    }
}

async function bring(
  deps: ActivityDependencies,
  access: AccountAccess,
  file: NeededUpload,
): Promise<void> {
  const place = openPlace(access, file.place);
  if (!place) throw new UserError(`${access.name} takes no uploaded files`);
  const trainedModel = await trainedModelOf(deps, access.key, file);
  await ensureUploaded(deps, place, { ...file, trainedModel });
}

/** Spreads files evenly over slices, identically on every worker. */
function sliceOf(sha256: string, slices: number): number {
  return parseInt(sha256.slice(0, 8), 16) % slices;
}

async function trainedModelOf(
  deps: ActivityDependencies,
  account: string,
  file: { purpose: string; trainedModelFingerprint: string | null },
): Promise<string | undefined> {
  if (file.trainedModelFingerprint === null) return existingModelOf(file.purpose);
  const model = await deps.ledger.remotes.model(account, file.trainedModelFingerprint);
  return model?.remoteId ?? undefined;
}
