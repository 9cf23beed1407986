import type { ModelRow } from '../../ledger/port.ts';
import { type Training, setPhase } from './training.ts';
import { fileToUpload } from '../uploads/upload-file.ts';

/**
 * Adds the missing training images. An image whose answer was lost is found by comparing the
 * vendor's list with the ledger. No unknown entry: it did not arrive. One: it is that entry. With
 * several, or an unreadable entry, the images cannot be told apart and the untrained model is
 * abandoned.
 */
export async function addTrainingImages(training: Training, row: ModelRow): Promise<number> {
  const { deps, port, set } = training;
  const { remotes } = deps.ledger;
  const { account, fingerprint } = training.input;
  const model = row.remoteId ?? '';
  await setPhase(training, ['created'], 'uploading', {});
  const recorded = await remotes.modelImages(account, fingerprint);
  const ambiguous = [...recorded].filter(([, remoteId]) => remoteId === null);
  if (ambiguous.length > 0 && !(await reconcile(training, model, recorded))) return 0;
  const known = await remotes.modelImages(account, fingerprint);
  for (const image of set.images) {
    if (training.cancelled.aborted) return 0;
    if (known.get(image.sha256)) continue;
    const file = await fileToUpload(deps, image);
    await remotes.intendModelImage(account, fingerprint, image.sha256);
    const remoteId = await port.addImage(model, file);
    await remotes.storeModelImage(account, fingerprint, image.sha256, remoteId);
  }
  await setPhase(training, ['uploading'], 'armed', {});
  return 0;
}

/** @returns false when the model was abandoned */
async function reconcile(
  { deps, port, input }: Training,
  model: string,
  recorded: ReadonlyMap<string, string | null>,
): Promise<boolean> {
  const { remotes } = deps.ledger;
  const { account, fingerprint } = input;
  const ours = new Set(recorded.values());
  const listed = await port.listImages(model, 'training');
  const strangers = listed.entries.filter((id) => !ours.has(id));
  const isWhole = listed.unreadable === 0;
  const ambiguous = [...recorded].filter(([, remoteId]) => remoteId === null);
  const [[sha256] = []] = ambiguous;
  const [stranger] = strangers;
  if (stranger === undefined && isWhole) return true;
  if (
    isWhole &&
    stranger !== undefined &&
    strangers.length === 1 &&
    ambiguous.length === 1 &&
    sha256 !== undefined
  ) {
    await remotes.storeModelImage(account, fingerprint, sha256, stranger);
    return true;
  }
  if (await remotes.abandonModel(account, fingerprint)) await port.delete(model);
  return false;
}
