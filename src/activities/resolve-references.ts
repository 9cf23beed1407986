import type { ModelSpec, ReferenceSpec } from '../batch/model-spec.ts';
import type { Reference, ShotRequest } from '../batch/request.ts';
import { UserError } from '../errors.ts';
import { download } from '../http/download.ts';
import { uploadPurpose } from '../ledger/rules/upload-purpose.ts';
import type { ResolvedReference, StartRequest } from '../providers/port.ts';
import type { AccountAccess, ActivityDependencies } from './dependencies.ts';
import { ensureUploaded } from './upload-file.ts';

const linkedFileBytesMax = 200 * 1024 * 1024;

/**
 * The request with every reference at the vendor. Files are usually uploaded by the step's preparation;
 * one that is missing or has expired is uploaded here.
 * @throws UserError where a reference can never be had; else whatever the upload throws
 */
export async function resolveRequest(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): Promise<StartRequest> {
  const trainedModel = await trainedModelOf(deps, access, request);
  const { makes, references: spec } = modelOf(deps, access, request);
  const references = await Promise.all(
    request.references.map((reference) =>
      resolveReference(deps, access, { reference, request, trainedModel, takes: spec.takes }),
    ),
  );
  return { request, makes, trainedModel, references };
}

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

function modelOf(
  deps: ActivityDependencies,
  access: AccountAccess,
  request: ShotRequest,
): ModelSpec {
  const models: readonly ModelSpec[] = deps.catalogue.get(access.name)?.models ?? [];
  const spec = models.find(({ id }) => id === request.model);
  if (!spec) throw new UserError(`${access.name} has no model ${request.model}`);
  return spec;
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
): Promise<ResolvedReference> {
  const { reference, takes } = wanted;
  if (reference.kind === 'link' && takes.includes('link'))
    return { role: reference.role, remote: undefined, url: reference.url };
  if (reference.kind === 'output' && takes.includes('own')) {
    const own = await ownOutput(deps, access, reference);
    if (own) return own;
  }
  if (!takes.includes('file'))
    throw new UserError(`${wanted.request.model} does not take this reference`);
  const file = await localFile(deps, access, reference);
  const uploaded = await ensureUploaded(deps, access, {
    ...file,
    purpose: uploadPurpose(wanted.request.choice),
    trainedModel: wanted.trainedModel,
  });
  return { role: reference.role, remote: uploaded.remote, url: uploaded.url ?? undefined };
}

/** The output where it lies, when this very account made it. */
async function ownOutput(
  deps: ActivityDependencies,
  access: AccountAccess,
  reference: Reference & { kind: 'output' },
): Promise<ResolvedReference | undefined> {
  const output = await deps.ledger.remotes.output(reference.submission, reference.index);
  if (output?.account !== access.key || output.remote === null) return undefined;
  return { role: reference.role, remote: output.remote, url: output.url ?? undefined };
}

async function localFile(
  deps: ActivityDependencies,
  access: AccountAccess,
  reference: Reference,
): Promise<{ sha256: string; path: string }> {
  if (reference.kind === 'file') return reference;
  if (reference.kind === 'output') return { sha256: reference.sha256, path: reference.sha256 };
  const { stream } = await download({
    url: reference.url,
    trustedOrigin: access.trustedOrigin,
    maxBytes: linkedFileBytesMax,
    timeoutMs: 120_000,
    idleTimeoutMs: 30_000,
  });
  const { sha256 } = await deps.blobs.putStream(stream, { maxBytes: linkedFileBytesMax });
  return { sha256, path: new URL(reference.url).pathname };
}
