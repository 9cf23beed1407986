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

/** By the list: a call for one asset is not documented. */
export async function uploadState(api: Api, remote: Json): Promise<UploadState> {
  const isIt = ({ id }: { id: string }): boolean => id === remote;
  const { entries, whole, unreadable } = await listAll(api, {
    ...uploads,
    enough: (page) => page.some(isIt),
  });
  const asset = entries.find(isIt);
  if (asset) return stateOf(asset.status);
  return whole && unreadable === 0 ? 'missing' : 'unknown';
}

export async function listUploads(api: Api): Promise<Listing<RemoteThing>> {
  return mapList(await listAll(api, uploads), ({ id, name, status, created_at }) => ({
    id,
    name: name ?? null,
    createdAt: timeOf(created_at) ?? null,
    state: status ?? null,
  }));
}

/** An asset of which no state is told is there. */
function stateOf(status: string | null | undefined): UploadState {
  const word = status?.toLowerCase() ?? 'ready';
  return word === 'ready' || word === 'failed' ? word : 'processing';
}
