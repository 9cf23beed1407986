import type { FileRules, TrainingSpec } from '../../batch/model-spec.ts';
import { multipart } from '../../http/multipart.ts';
import type { Json } from '../../json.ts';
import type { Api } from '../api.ts';
import { isUnknownId } from '../classify.ts';
import { choice, timeOf } from '../fields.ts';
import { mapList, readList } from '../lists.ts';
import type {
  FileToUpload,
  Listing,
  RemoteFiles,
  RemoteThing,
  TrainingPort,
  UploadState,
} from '../port.ts';
import { requireFile } from '../require-file.ts';
import { errors } from './errors.ts';
import {
  acknowledged,
  anything,
  image,
  imagePage,
  listedImage,
  listedModel,
  model,
  modelList,
} from './wire.ts';

export const training: TrainingSpec = {
  imagesMin: 12,
  imagesMax: 20,
  referencesMax: 20,
  subject: {
    gender: { ...choice(['Male', 'Female']), required: true },
    age: { kind: 'number', min: 0, required: true },
    ethnicity: { kind: 'text', required: false },
    eyeColor: { kind: 'text', required: false },
  },
};

const requestBytesMax = 20 * 1024 * 1024;
/** Reserve for the multipart form around a file. The actual size is far less. */
const formBytes = 4 * 1024;

/** For training images and references. */
export const uploads: FileRules = {
  types: ['image/jpeg', 'image/webp', 'image/png', 'image/heic'],
  bytesMax: requestBytesMax - formBytes,
};

const pageSize = 20;
const pagesMax = 50;

/**
 * Adds an image to a trained model: for training (`modelInput`), or as a reference.
 * @throws UserError if the vendor would refuse the file: nothing is sent
 */
export async function uploadImage(
  api: Api,
  modelID: string,
  file: FileToUpload,
  type: 'modelInput' | 'auxiliaryType',
): Promise<{ id: string; url: string | null }> {
  requireFile(uploads, file, 'PhotoGPT');
  const form = await multipart(
    { field: 'file', name: file.name, mime: file.mime, path: file.path },
    { data: JSON.stringify({ modelID, type }) },
  );
  const { result } = await api({ method: 'POST', path: '/images/upload', form, answer: image });
  return { id: result.id, url: result.url ?? null };
}

/** Requests each image. An existing reference is ready. */
export async function uploadStates(
  api: Api,
  remotes: readonly Json[],
): Promise<readonly UploadState[]> {
  const states: UploadState[] = [];
  for (const remote of remotes)
    try {
      const path = `/images/${encodeURIComponent(String(remote))}`;
      await api({ method: 'GET', path, answer: image });
      states.push('ready');
    } catch (error) {
      if (!isUnknownId(error, errors)) throw error;
      states.push('missing');
    }
  return states;
}

const pathOf = (id: string): string => `/models/${encodeURIComponent(id)}`;

export function createTraining(api: Api): TrainingPort {
  return {
    list: () => listModels(api),
    async create({ name, subject }) {
      const json = { name, ...subject };
      return (await api({ method: 'POST', path: '/models', json, answer: model })).result.id;
    },
    async addImage(id, file) {
      return (await uploadImage(api, id, file, 'modelInput')).id;
    },
    async listImages(id, purpose) {
      const imageType = purpose === 'training' ? 'input' : 'auxiliaryType';
      return listImages(api, `${pathOf(id)}/images`, imageType);
    },
    async start(id, deadline) {
      await api({
        method: 'GET',
        path: `${pathOf(id)}/train`,
        paid: { deadline, about: 'training' },
        answer: acknowledged,
      });
    },
    async check(id) {
      try {
        const { result } = await api({ method: 'GET', path: pathOf(id), answer: model });
        return phaseOf(result.status, result.error);
      } catch (error) {
        if (isUnknownId(error, errors)) return { phase: 'missing' };
        throw error;
      }
    },
    async delete(id) {
      try {
        await api({ method: 'DELETE', path: pathOf(id), answer: anything });
      } catch (error) {
        if (!isUnknownId(error, errors)) throw error;
      }
    },
  };
}

async function listModels(api: Api): Promise<Listing<RemoteThing>> {
  const { result } = await api({ method: 'GET', path: '/models', answer: modelList });
  const { entries, unreadable } = readList(result, listedModel);
  const there = entries.filter(({ status }) => status?.toLowerCase() !== 'deleted');
  return mapList({ entries: there, unreadable }, ({ id, name, status, createdAt }) => ({
    id,
    name: name ?? null,
    createdAt: timeOf(createdAt) ?? null,
    state: status ?? null,
  }));
}

/** All uploaded images. Images belong to models, so the list of each model is read in turn. */
export function createFiles(api: Api): RemoteFiles {
  return {
    async list() {
      const found: RemoteThing[] = [];
      const models = await listModels(api);
      let { unreadable } = models;
      for (const { id, name } of models.entries)
        for (const kind of ['input', 'auxiliaryType'] as const) {
          const images = await listImages(api, `${pathOf(id)}/images`, kind);
          unreadable += images.unreadable;
          const of = name ?? id;
          const state = kind === 'input' ? `trains ${of}` : `reference of ${of}`;
          for (const image of images.entries)
            found.push({ id: image, name: null, createdAt: null, state });
        }
      return { entries: found, unreadable };
    },
    async delete(id) {
      const path = `/images/${encodeURIComponent(id)}`;
      try {
        await api({ method: 'DELETE', path, answer: anything });
      } catch (error) {
        if (!isUnknownId(error, errors)) throw error;
      }
    },
  };
}

/**
 * The answers contain no total: the list ends with a page that is not full or has nothing new. Only the
 * first page must be a list; null on a later page means the end.
 */
async function listImages(api: Api, path: string, imageType: string): Promise<Listing<string>> {
  const found = new Set<string>();
  let unreadable = 0;
  for (let pageNum = 1; pageNum <= pagesMax; pageNum++) {
    const query = `imageType=${imageType}&pageNum=${pageNum}&pageSize=${pageSize}`;
    const answer = await api({
      method: 'GET',
      path: `${path}?${query}`,
      isLaterPage: pageNum > 1,
      answer: imagePage,
    });
    if (pageNum > 1 && answer.result === null) break;
    const page = readList(answer.result, listedImage);
    const before = found.size;
    unreadable += page.unreadable;
    for (const { id } of page.entries) found.add(id);
    const length = answer.result?.length ?? 0;
    // A full page has the requested size, even if the answer reports a larger page size.
    const full = Math.min(pageSize, answer.pageSize ?? pageSize);
    if (length < full || found.size === before) break;
  }
  return { entries: [...found], unreadable };
}

type Phase = Awaited<ReturnType<TrainingPort['check']>>;

/** Undocumented states count as training. */
function phaseOf(status: string, error: unknown): Phase {
  const word = status.toLowerCase();
  if (word === 'new' || word === 'ready') return { phase: word };
  if (word === 'deleted') return { phase: 'missing' };
  if (word !== 'failed' && word !== 'error') return { phase: 'training' };
  const reason =
    typeof error === 'string' && error !== '' ? error : 'PhotoGPT reports failed without a reason';
  return { phase: 'failed', reason };
}
