import { NotHereYetError } from './not-here-yet.ts';
import { uncheckedModel } from '../../batch/catalogue-lookup.ts';
import type { ModelSpec } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { HostingError, type UploadPlace } from '../../hosting/port.ts';
import type { FilePlace } from '../../ledger/port.ts';
import { UserError } from '../../errors.ts';
import type { FileToUpload, UploadedFile, Verdict } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';

/**
 * The request's model. A model outside the catalogue passed the batch's checks as `unchecked`, or
 * has left the vendor's list since. The vendor itself decides whether it exists.
 */
export function modelOf(
  { catalogue }: Pick<ActivityDependencies, 'catalogue'>,
  { account, model }: ShotRequest,
): ModelSpec {
  return catalogue.get(account)?.models.find(({ id }) => id === model) ?? uncheckedModel(model);
}

/**
 * Destination of a request's files: its account, or for a model that takes only links, the
 * account's reference host. Needs no key.
 */
export function filePlaceOf(
  deps: Pick<ActivityDependencies, 'catalogue' | 'lanes'>,
  request: ShotRequest,
): FilePlace | undefined {
  const key = deps.catalogue.get(request.account)?.key;
  if (key === undefined) return undefined;
  const { takes } = modelOf(deps, request).references;
  if (takes.includes('file')) return { key, as: 'id' };
  const host = deps.lanes.get(key)?.host;
  return takes.includes('link') && host !== undefined ? { key: host, as: 'link' } : undefined;
}

/** The place with this key, if this account's files may go there. */
export function openPlace(access: AccountAccess, key: string): UploadPlace | undefined {
  if (key !== access.key) return access.host?.key === key ? access.host : undefined;
  const { upload, uploadStates } = access.provider;
  if (!upload) return undefined;
  return {
    key,
    name: access.name,
    upload: (file) => uploadOrBlame(access, upload, file),
    ...(uploadStates && { uploadStates }),
  };
}

/** @throws UserError when the vendor accepts other files but not this one; else any error of the upload */
async function uploadOrBlame(
  { name, provider, throttle }: AccountAccess,
  upload: UploadPlace['upload'],
  file: FileToUpload,
): Promise<UploadedFile> {
  try {
    const stored = await upload(file);
    throttle.uploaded();
    throttle.uploadTries.arrived(file.sha256);
    return stored;
  } catch (error) {
    const { account, message } = provider.classify(error);
    if (account.kind !== 'fine' || !throttle.uploadTries.failed(file.sha256)) throw error;
    throw new UserError(`${name} does not take ${file.name}: ${message}`, {
      next: ['check the file, and run the batch again'],
      cause: error,
    });
  }
}

/**
 * Classifies a failed upload: `lasting` if a retry is useless, and the account's problem, if any. A
 * failure of another server does not concern the account.
 */
export function uploadFailure(
  { provider }: AccountAccess,
  error: unknown,
): { readonly lasting: boolean; readonly account: Verdict['account']; readonly message: string } {
  if (error instanceof HostingError)
    return { lasting: error.lasting, account: { kind: 'fine' }, message: error.message };
  if (error instanceof NotHereYetError)
    return { lasting: false, account: { kind: 'fine' }, message: error.message };
  const { request, account, message } = provider.classify(error);
  const named = error instanceof Error ? error.name : '';
  const fine = account.kind === 'fine';
  return {
    lasting: named === 'UserError' || (request === 'refused' && fine),
    account,
    message,
  };
}
