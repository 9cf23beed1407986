import type { TrainingSpec } from '../../batch/model-spec.ts';
import { multipart } from '../../http/multipart.ts';
import type { Api } from '../api.ts';
import { isUnknownId } from '../classify.ts';
import { choice, timeOf } from '../fields.ts';
import type { FileToUpload, RemoteFiles, RemoteThing, TrainingPort } from '../port.ts';
import { errors } from './errors.ts';
import { acknowledged, anything, image, imagePage, model, modelList } from './wire.ts';

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

const pageSize = 20;
const pagesMax = 50;

/** Adds a picture to a trained model: to train from (`modelInput`), or as a reference. */
export async function uploadImage(
  api: Api,
  modelID: string,
  file: FileToUpload,
  type: 'modelInput' | 'auxiliaryType',
): Promise<{ id: string; url: string | null }> {
  const form = await multipart(
    { field: 'file', name: file.name, mime: file.mime, path: file.path },
    { data: JSON.stringify({ modelID, type }) },
  );
  const { result } = await api({ method: 'POST', path: '/images/upload', form, answer: image });
  return { id: result.id, url: result.url ?? null };
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
    async start(id, fence) {
      await api({
        method: 'GET',
        path: `${pathOf(id)}/train`,
        paid: { fence, about: 'training' },
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

async function listModels(api: Api): Promise<RemoteThing[]> {
  const { result } = await api({ method: 'GET', path: '/models', answer: modelList });
  return (result ?? [])
    .filter(({ status }) => status?.toLowerCase() !== 'deleted')
    .map(({ id, name, status, createdAt }) => ({
      id,
      name: name ?? null,
      createdAt: timeOf(createdAt) ?? null,
      state: status ?? null,
    }));
}

/** Every picture that was uploaded: they belong to models, so these are asked one after the other. */
export function createFiles(api: Api): RemoteFiles {
  return {
    async list() {
      const found: RemoteThing[] = [];
      for (const { id, name } of await listModels(api))
        for (const kind of ['input', 'auxiliaryType'] as const)
          for (const picture of await listImages(api, `${pathOf(id)}/images`, kind)) {
            const of = name ?? id;
            const state = kind === 'input' ? `trains ${of}` : `reference of ${of}`;
            found.push({ id: picture, name: null, createdAt: null, state });
          }
      return found;
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

/** No total is given: the list ends with a page that is not full, or that brings nothing new. */
async function listImages(api: Api, path: string, imageType: string): Promise<string[]> {
  const found = new Set<string>();
  for (let pageNum = 1; pageNum <= pagesMax; pageNum++) {
    const query = `imageType=${imageType}&pageNum=${pageNum}&pageSize=${pageSize}`;
    const page = await api({ method: 'GET', path: `${path}?${query}`, answer: imagePage });
    const images = page.result ?? [];
    const before = found.size;
    for (const { id } of images) found.add(id);
    // A page that is told to hold more than was asked for is full all the same.
    const full = Math.min(pageSize, page.pageSize ?? pageSize);
    if (images.length < full || found.size === before) break;
  }
  return [...found];
}

type Phase = Awaited<ReturnType<TrainingPort['check']>>;

/** Training may pass through states that are not documented; they count as training. */
function phaseOf(status: string, error: unknown): Phase {
  const word = status.toLowerCase();
  if (word === 'new' || word === 'ready') return { phase: word };
  if (word === 'deleted') return { phase: 'missing' };
  if (word !== 'failed' && word !== 'error') return { phase: 'training' };
  const reason =
    typeof error === 'string' && error !== '' ? error : 'PhotoGPT says failed and no more';
  return { phase: 'failed', reason };
}
