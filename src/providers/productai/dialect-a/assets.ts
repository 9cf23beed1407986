import type { Json } from '../../../json.ts';
import type { Api } from '../../api.ts';
import { timeOf } from '../../fields.ts';
import { mapList } from '../../lists.ts';
import type { FileToUpload, Listing, RemoteThing, UploadedFile, UploadState } from '../../port.ts';
import { uploadForm } from '../upload-form.ts';
import { listAll, usualPageSize } from './pages.ts';
import { listedAsset, uploaded } from './wire.ts';

const uploads = { path: '/my-uploaded-assets', pageSize: usualPageSize, entry: listedAsset };

export async function upload(api: Api, file: FileToUpload): Promise<UploadedFile> {
  const form = await uploadForm(file, { name: file.name });
  const path = '/training-asset';
  const { asset_id, url, status } = await api({ method: 'POST', path, form, answer: uploaded });
  return {
    remote: asset_id,
    url: url ?? null,
    expiresAt: null,
    ready: stateOf(status) === 'ready',
  };
}

/** Reads the list until all uploads are found: a call for one asset is not documented. */
export async function uploadStates(
  api: Api,
  remotes: readonly Json[],
): Promise<readonly UploadState[]> {
  const wanted = new Set(remotes);
  const { entries, whole, unreadable } = await listAll(api, {
    ...uploads,
    enough(page) {
      for (const { id } of page) wanted.delete(id);
      return wanted.size === 0;
    },
  });
  const byId = new Map(entries.map((asset) => [asset.id, asset]));
  return remotes.map((remote) => {
    const asset = typeof remote === 'string' ? byId.get(remote) : undefined;
    if (asset) return stateOf(asset.status);
    return whole && unreadable === 0 ? 'missing' : 'unknown';
  });
}

export async function listUploads(api: Api): Promise<Listing<RemoteThing>> {
  return mapList(await listAll(api, uploads), ({ id, name, status, created_at }) => ({
    id,
    name: name ?? null,
    createdAt: timeOf(created_at) ?? null,
    state: status ?? null,
  }));
}

/** An asset without a state is ready. */
function stateOf(status: string | null | undefined): UploadState {
  const word = status?.toLowerCase() ?? 'ready';
  return word === 'ready' || word === 'failed' ? word : 'processing';
}
