import { z } from 'zod';
import type { ShotRequest } from '../../batch/request.ts';
import type { JsonObject } from '../../json.ts';
import { missing, present } from '../body.ts';
import { numeric, opaqueId } from '../fields.ts';
import type { StartRequest } from '../port.ts';
import { imageModels } from './image-models.ts';
import { videoModels } from './video-models.ts';

export const started = z.looseObject({ inferenceJobId: opaqueId });

export const job = z.looseObject({
  status: z.string(),
  errorCode: z.unknown().optional(),
  errorMessage: z.unknown().optional(),
  createdAt: z.unknown().optional(),
  finishedAt: z.unknown().optional(),
  /** Read entry by entry. */
  outputs: z.unknown().optional(),
});
/** Text replaces a file; an output never has both. */
export const listedOutput = z.looseObject({
  outputValue: z.unknown().optional(),
  media: z
    .looseObject({ mediaId: opaqueId.nullish().catch(null), url: z.unknown().optional() })
    .nullish(),
});
export type Job = z.infer<typeof job>;

const uploadedMedia = z.looseObject({ mediaId: opaqueId, url: z.string().nullish() });

/** One file: at the top level, or only in `uploads`. A refused file is in `errors`. */
export const uploaded = z.looseObject({
  mediaId: opaqueId.nullish(),
  url: z.string().nullish(),
  uploads: z.record(z.string(), uploadedMedia).nullish(),
  errors: z.record(z.string(), z.unknown()).nullish(),
});

const microdollars = numeric.refine((reported) => reported >= 0 && reported < 1e14, 'not a price');

export const estimate = z.looseObject({ estimatedCostMicrodollars: microdollars });

export const capabilities = z
  .record(z.string(), z.json())
  .refine(({ generation }) => generation !== null && typeof generation === 'object', {
    message: 'no list of models',
    path: ['generation'],
  });

/** The model's own parameters, without undefined ones. */
export function paramsOf({
  aspectRatio,
  resolution,
  duration,
  seed,
  options,
}: ShotRequest): JsonObject {
  return present({ aspectRatio, resolution, duration, seed, ...options });
}

/** The path and the body of a paid start. */
export function startCall(start: StartRequest): { path: string; body: JsonObject } {
  const attachments = start.references.map(({ remote }) => remote ?? missing('a file at Wonda'));
  const body = {
    ...pricedBody(start.request),
    ...(attachments.length > 0 && { attachmentMediaIds: attachments }),
  };
  return { path: `/${sectionOf(start)}/generate`, body };
}

/** The fields that a start and its price request have in common. */
export function pricedBody(request: ShotRequest): JsonObject {
  const params = paramsOf(request);
  return present({
    model: request.model,
    prompt: request.prompt,
    params: Object.keys(params).length > 0 ? params : undefined,
  });
}

/** A model outside the tables is an image model, unless it makes another kind or has a duration. */
function sectionOf({
  request: { model, duration },
  makes,
}: StartRequest): 'image' | 'video' | 'text' {
  if (imageModels.some(({ id }) => id === model)) return 'image';
  if (makes === 'text') return 'text';
  const isVideo = makes === 'video' || videoModels.some(({ id }) => id === model);
  return isVideo || duration !== undefined ? 'video' : 'image';
}
