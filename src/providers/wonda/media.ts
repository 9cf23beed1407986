import { z } from 'zod';
import type { FileRules } from '../../batch/model-spec.ts';
import { UserError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { multipart } from '../../http/multipart.ts';
import type { Api } from '../api.ts';
import { saidIn } from '../classify.ts';
import { opaqueId, timeOf } from '../fields.ts';
import { listIn, readList } from '../lists.ts';
import type { FileToUpload, Listing, RemoteThing, UploadedFile, UploadState } from '../port.ts';
import { requireFile } from '../require-file.ts';
import { isMissing, isRecord, textOf } from './errors.ts';
import { uploaded } from './wire.ts';

const taken: Readonly<Record<string, readonly string[]>> = {
  image: ['jpeg', 'png', 'gif', 'webp', 'svg+xml'],
  video: ['mp4', 'webm', 'quicktime', 'x-msvideo'],
  audio: ['mpeg', 'mp3', 'wav', 'ogg', 'webm', 'aac', 'm4a'],
};

/** The maximum file size is not documented. */
export const uploads: FileRules = {
  types: Object.entries(taken).flatMap(([family, types]) =>
    types.map((type) => `${family}/${type}`),
  ),
};

/** @throws UserError if the vendor does not take the file's type, or refused the file */
export async function uploadFile(api: Api, file: FileToUpload): Promise<UploadedFile> {
  requireFile(uploads, file, 'Wonda');
  const form = await multipart(
    { field: 'file', name: file.name, mime: file.mime, path: file.path },
    {},
  );
  const answer = await api({ method: 'POST', path: '/media/upload', form, answer: uploaded });
  const media = answer.mediaId
    ? { mediaId: answer.mediaId, url: answer.url }
    : (answer.uploads?.['file'] ?? Object.values(answer.uploads ?? {})[0]);
  if (!media) {
    const said = saidIn(...Object.values(answer.errors ?? {}).map(textOf));
    throw new UserError(`Wonda refused ${file.name}: ${said || 'no reason was given'}`);
  }
  // Videos are processed after the upload; images can be used at once.
  return {
    remote: media.mediaId,
    url: media.url ?? null,
    expiresAt: null,
    ready: !file.mime.startsWith('video/'),
  };
}

const working = /^(processing|pending|queued|uploading|normali[sz]ing|transcoding|in_progress)$/i;

/** The answer's shape is not documented: a file without a known processing or failure state is ready. */
export async function uploadStates(
  api: Api,
  remotes: readonly Json[],
): Promise<readonly UploadState[]> {
  const states: UploadState[] = [];
  for (const remote of remotes) states.push(await uploadState(api, remote));
  return states;
}

async function uploadState(api: Api, remote: Json): Promise<UploadState> {
  const path = `/media/${encodeURIComponent(String(remote))}`;
  try {
    const answer = await api({ method: 'GET', path, answer: z.looseObject({}) });
    const record = isRecord(answer['media']) ? answer['media'] : answer;
    const words = ['status', 'state', 'processingStatus'].map((name) => record[name]);
    const word = words.find((one) => typeof one === 'string') ?? '';
    if (/fail|error/i.test(word)) return 'failed';
    return working.test(word) ? 'processing' : 'ready';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

/** The newest hundred at most: a request for more is not documented. */
export async function listUploads(api: Api): Promise<Listing<RemoteThing>> {
  const path = '/media?source=user_upload&limit=100';
  return readList(listIn(await api({ method: 'GET', path, answer: z.unknown() })), listedMedia);
}

const word = z.string().nullish().catch(undefined);
const maybeId = opaqueId.nullish().catch(undefined);
const listedMedia = z
  .looseObject({
    mediaId: maybeId,
    id: maybeId,
    name: word,
    fileName: word,
    filename: word,
    kind: word,
    mimeType: word,
    createdAt: z.unknown().optional(),
  })
  .transform((read, context): RemoteThing => {
    const id = read.mediaId ?? read.id;
    const name = read.name ?? read.fileName ?? read.filename ?? null;
    const createdAt = timeOf(read.createdAt) ?? null;
    if (id) return { id, name, createdAt, state: read.kind ?? read.mimeType ?? null };
    context.addIssue({ code: 'custom', message: 'has no id' });
    return z.NEVER;
  });
