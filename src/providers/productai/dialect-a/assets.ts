import type { Json } from '../../../json.ts';
import type { Api } from '../../api.ts';
import { timeOf } from '../../fields.ts';
import type { FileToUpload, Provider, RemoteThing, UploadedFile } from '../../port.ts';
import { uploadForm } from '../upload-form.ts';
import { listAll, usualPageSize } from './pages.ts';
import { listedAsset, uploaded } from './wire.ts';

type UploadState = Awaited<ReturnType<NonNullable<Provider['uploadState']>>>;

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
  const { entries } = await listAll(api, { ...uploads, enough: (page) => page.some(isIt) });
  const asset = entries.find(isIt);
  return asset ? stateOf(asset.status) : 'missing';
}

export async function listUploads(api: Api): Promise<RemoteThing[]> {
  const { entries } = await listAll(api, uploads);
  return entries.map(({ id, name, status, created_at }) => ({
    id,
    name: name ?? null,
    createdAt: timeOf(created_at) ?? null,
    state: status ?? null,
  }));
}

/** An asset of which no state is told is there. */
function stateOf(status: string | null | undefined): Exclude<UploadState, 'missing'> {
  const word = status?.toLowerCase() ?? 'ready';
  return word === 'ready' || word === 'failed' ? word : 'processing';
}
