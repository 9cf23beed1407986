import type { ReferenceSpec } from '../../batch/model-spec.ts';
import type { Reference, ShotRequest } from '../../batch/request.ts';
import { UserError } from '../../errors.ts';
import { uploadPurpose } from '../../ledger/rules/upload-purpose.ts';
import type { ResolvedReference, StartRequest } from '../../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from '../dependencies.ts';
import { linkedFile } from './linked-file.ts';
import { NotHereYetError } from './not-here-yet.ts';
import { outputUrl } from '../outputs/output-url.ts';
import type { UsedFile } from './gone-uploads.ts';
import type { NeededFile } from './sound-file.ts';
import { ensureUploaded, expiryMarginMs } from './upload-file.ts';
import { filePlaceOf, modelOf, openPlace } from './upload-places.ts';

/**
 * The request with every reference at the vendor. The step's preparation usually uploads the files;
 * a missing or expired one is uploaded here.
 * @throws UserError if a reference can never be available, NotHereYetError if its shot must wait
 * for it; else any error of the upload
 */
export async function resolveRequest(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): Promise<ResolvedRequest> {
  const trainedModel = await trainedModelOf(deps, access, request);
  const { makes, references: spec } = modelOf(deps, request);
  const resolved = await Promise.all(
    request.references.map((reference) =>
      resolveReference(deps, access, { reference, request, trainedModel, takes: spec.takes }),
    ),
  );
  const references = resolved.map(({ role, remote, url }) => ({ role, remote, url }));
  const used = resolved.flatMap((reference) => reference.used ?? []);
  return { request, makes, trainedModel, references, used };
}

/** `used`: the request's files at a vendor, which may be gone there. */
export type ResolvedRequest = StartRequest & { readonly used: readonly UsedFile[] };

async function trainedModelOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  { choice }: ShotRequest,
): Promise<string | undefined> {
  if (choice.kind === 'public') return undefined;
  if (choice.kind === 'existing') return choice.id;
  const model = await deps.ledger.remotes.model(access.key, choice.set.fingerprint);
  if (model?.phase !== 'ready' || model.remoteId === null)
    throw new UserError(`the model ${choice.set.name} is not trained`);
  return model.remoteId;
}

interface Wanted {
  readonly reference: Reference;
  readonly request: ShotRequest;
  readonly trainedModel: string | undefined;
  readonly takes: ReferenceSpec['takes'];
}

async function resolveReference(
  deps: ActivityDependencies,
  access: AccountAccess,
  wanted: Wanted,
): Promise<ResolvedReference & { readonly used?: UsedFile }> {
  const { reference, request, takes } = wanted;
  const { role } = reference;
  if (reference.kind === 'link' && takes.includes('link'))
    return { role, remote: undefined, url: reference.url };
  const made =
    reference.kind === 'output' ? await madeOutput(deps, access, reference, takes) : undefined;
  const { key } = filePlaceOf(deps, request) ?? {};
  const place = key === undefined ? undefined : openPlace(access, key);
  if (made?.enough) {
    const { remote } = made;
    if (!place || place.key !== access.key || remote === undefined || reference.kind === 'link')
      return { role, ...made };
    // An output that its account no longer has is uploaded like any other file.
    return { role, ...made, used: { place, sha256: reference.sha256, purpose: null, remote } };
  }
  if (!place) {
    if (made?.remote !== undefined) return { role, ...made };
    throw new UserError(`${access.name}:${request.model} cannot be given this reference`, {
      next: takes.includes('link') ? [`give ${access.name} a referenceHost in shotlist.yaml`] : [],
    });
  }
  const file = await localFile(deps, access, reference);
  const purpose = uploadPurpose(request.choice);
  const { trainedModel } = wanted;
  const uploaded = await ensureUploaded(deps, place, { ...file, purpose, trainedModel });
  const used = { place, sha256: file.sha256, purpose, remote: uploaded.remote };
  const url = uploaded.url ?? undefined;
  if (takes.includes('file')) return { role, remote: uploaded.remote, url, used };
  return { role, remote: made?.remote, url, used };
}

/**
 * The output at its vendor: by id if this account made it, by the vendor's link for a model that
 * takes only links. `enough`: no upload is needed.
 */
async function madeOutput(
  deps: ActivityDependencies,
  access: AccountAccess,
  { submission, index }: Reference & { kind: 'output' },
  takes: ReferenceSpec['takes'],
): Promise<(Pick<ResolvedReference, 'remote' | 'url'> & { enough: boolean }) | undefined> {
  const output = await deps.ledger.remotes.output(submission, index);
  if (!output) return undefined;
  const isOwn = output.account === access.key && takes.includes('own');
  const remote = isOwn && output.remote !== null ? output.remote : undefined;
  const byLink = takes.includes('link') && !takes.includes('file');
  if (!byLink) return { remote, url: output.url ?? undefined, enough: remote !== undefined };
  const url = await vendorLink(deps, access, { submission, index, ...output });
  return { remote, url, enough: url !== undefined };
}

/** The vendor's own link to an output of one of its accounts, while the vendor has the file. */
async function vendorLink(
  deps: ActivityDependencies,
  access: AccountAccess,
  output: Parameters<typeof outputUrl>[2] & { readonly account: string },
): Promise<string | undefined> {
  const vendorOf = (account: string): string | undefined =>
    deps.catalogue.get(deps.lanes.get(account)?.name ?? '')?.vendor;
  if (vendorOf(output.account) !== vendorOf(access.key)) return undefined;
  const { url, expiresAt, remote } = output;
  if (url !== null && (expiresAt ?? Infinity) > deps.now() + expiryMarginMs) return url;
  const maker = deps.accounts.get(output.account);
  if (!maker || (url === null && remote === null)) return undefined;
  try {
    const fresh = await outputUrl(deps, maker, output, expiryMarginMs);
    if (fresh !== undefined || access.host) return fresh;
    throw new NotHereYetError('the vendor is preparing the file');
  } catch (error) {
    // The file itself is here: use the account's host, if there is one.
    if (access.host) return undefined;
    throw error;
  }
}

async function localFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  reference: Reference,
): Promise<NeededFile> {
  if (reference.kind === 'file') return reference;
  if (reference.kind === 'output') return { sha256: reference.sha256, path: reference.sha256 };
  return { ...(await linkedFile(deps, access, reference.url)), isLinked: true };
}
