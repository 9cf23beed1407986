import { z } from 'zod';
import type { Json, JsonObject } from '../../json.ts';
import { missing, present } from '../body.ts';
import { numeric, opaqueId as id } from '../fields.ts';
import type { StartRequest } from '../port.ts';
import { bodyOptions, familyOf, type Family } from './fields.ts';

/** An entry in the files of a job. Entries are read one by one. */
export const listedFile = z.looseObject({
  id: id.nullish().catch(null),
  url: z.unknown().optional(),
  data: z.record(z.string(), z.json()).nullish().catch(null),
});

export const started = z.looseObject({ result: z.looseObject({ jobId: id }) });

/** Not documented for jobs; some answers carry it. */
const freeData = z.record(z.string(), z.json()).nullish().catch(undefined);

export const job = z.looseObject({
  result: z.looseObject({
    status: z.string(),
    images: z.unknown().optional(),
    videos: z.unknown().optional(),
    error: z.unknown().optional(),
    modelId: id.nullish().catch(null),
    data: freeData,
    createdAt: z.unknown().optional(),
  }),
});
export type Job = z.infer<typeof job>['result'];

/** Lists are read entry by entry. The list must be present; null does not count as an empty list. */
const list = z.array(z.unknown()).nullable();

export const jobPage = z.looseObject({
  result: z.looseObject({ jobs: list, nextPageToken: z.string().nullish() }),
});
export const listedJob = z.looseObject({
  jobId: id,
  createdAt: z.unknown().optional(),
  credits: z.unknown().optional(),
  status: z.string().nullish().catch(null),
});

export const image = z.looseObject({
  result: z.looseObject({
    id,
    url: z.string().nullish(),
    data: z.record(z.string(), z.json()).nullish().catch(null),
  }),
});

export const imagePage = z.looseObject({
  pageSize: numeric.nullish().catch(null),
  result: list,
});
export const listedImage = z.looseObject({ id });

export const modelList = z.looseObject({ result: list });
/** Other fields of a model are not documented. */
export const listedModel = z.looseObject({
  id,
  name: z.string().nullish().catch(null),
  status: z.string().nullish().catch(null),
  createdAt: z.unknown().optional(),
});

export const model = z.looseObject({
  result: z.looseObject({ id, status: z.string(), error: z.unknown().optional() }),
});

/** Has no result if no download was requested yet. */
export const videoDownload = z.looseObject({
  result: z.looseObject({ status: z.string().nullish(), url: z.string().nullish() }).nullish(),
});

/** An answer where only success matters. The page of a gateway does not match. */
export const acknowledged = z.looseObject({ status: z.string() });
/** An answer of undocumented shape. */
export const anything = z.unknown();

/** The path and the body of a paid start. */
export function startCall(start: StartRequest): { path: string; body: JsonObject } {
  const { request, trainedModel } = start;
  if (request.model === 'upscale')
    return {
      path: '/images/upscaling',
      body: { imageID: remoteId(start) ?? missing('an image') },
    };
  if (request.choice.kind !== 'public')
    return {
      path: '/images/generation',
      body: trainedBody(start, trainedModel ?? missing('the trained model')),
    };
  const family = familyOf(request.model);
  // A model of an unknown family is an image model, unless the request has a duration.
  const isVideo = family ? family.kind === 'video' : request.duration !== undefined;
  return isVideo
    ? { path: '/videos/generation', body: videoBody(start, family) }
    : { path: '/images/generation', body: imageBody(start, family) };
}

/**
 * The number of outputs. It is always sent: no default is documented, and a default above 1 would cost
 * more than planned.
 */
function count({ request: { outputs } }: StartRequest): number {
  return outputs ?? 1;
}

function trainedBody(start: StartRequest, modelID: string): JsonObject {
  const { prompt, seed, options } = start.request;
  return present({
    modelID,
    prompt,
    inputImageId: start.references.length > 0 ? remoteId(start) : undefined,
    numImages: count(start),
    seed,
    ...options,
  });
}

function imageBody(start: StartRequest, family: Family | undefined): JsonObject {
  const { model: modelID, prompt, aspectRatio, resolution, seed } = start.request;
  const links = start.references.map((reference) => reference.url ?? missing('a public link'));
  const ownGroup = family ? { imageSize: resolution } : {};
  return present({
    modelID,
    prompt,
    aspectRatio,
    numImages: count(start),
    seed,
    referenceImageURLs: links.length > 0 ? links : undefined,
    ...(family ? {} : { resolution }),
    ...nested(start, family, ownGroup),
  });
}

function videoBody(start: StartRequest, family: Family | undefined): JsonObject {
  const { model: modelID, prompt, aspectRatio, resolution, duration, seed } = start.request;
  const entries = start.references.map(({ role, url }) => ({
    url: url ?? missing('a public link'),
    role: role ?? defaultRole(modelID),
  }));
  const videos = entries.filter(({ role }) => role === 'reference_video');
  const images = entries.filter(({ role }) => role !== 'reference_video');
  const common = {
    [family?.aspectRatio ?? 'aspectRatio']: aspectRatio,
    resolution,
    duration,
    seed,
  };
  return present({
    modelID,
    prompt,
    numVideos: count(start),
    referenceImages: images.length > 0 ? images : undefined,
    referenceVideos: videos.length > 0 ? videos : undefined,
    ...(family ? {} : common),
    ...nested(start, family, common),
  });
}

function defaultRole(model: string): string {
  return model.startsWith('kling-motion') ? 'reference_video' : 'first_frame';
}

/** Nests flat options as the vendor requires: a few at the top level, the rest in the model's group. */
function nested(
  { request: { options } }: StartRequest,
  family: Family | undefined,
  common: { readonly [name: string]: Json | undefined },
): JsonObject {
  const entries = Object.entries(options);
  const beside = Object.fromEntries(entries.filter(([name]) => bodyOptions.has(name)));
  const own = Object.fromEntries(entries.filter(([name]) => !bodyOptions.has(name)));
  if (!family) return Object.keys(own).length > 0 ? { ...beside, options: own } : beside;
  const group = present({ ...common, ...own });
  return Object.keys(group).length > 0 ? { ...beside, options: { [family.group]: group } } : beside;
}

function remoteId({ references: [first] }: StartRequest): string | undefined {
  const remote = first?.remote;
  return typeof remote === 'string' ? remote : missing('an image at this account');
}
