import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import { missing, present } from '../../body.ts';
import { opaqueId as id } from '../../fields.ts';
import type { StartRequest } from '../../port.ts';

export const refusal = z.looseObject({ status: z.literal('ERROR') });

export const started = z.looseObject({ data: z.looseObject({ id }) });

export const job = z.looseObject({
  data: z.looseObject({
    status: z.string(),
    message: z.string().nullish().catch(null),
    error: z.unknown().optional(),
    // The vendor's own client reads the file from all four names: one link or a list.
    image_url: z.unknown().optional(),
    output_url: z.unknown().optional(),
    result_url: z.unknown().optional(),
    url: z.unknown().optional(),
  }),
});
export type Job = z.infer<typeof job>['data'];

export const uploaded = z.looseObject({ data: z.looseObject({ image_url: z.string().min(1) }) });

export const keyCheck = z.looseObject({
  data: z.looseObject({
    valid: z.boolean(),
    tokens_remaining: z.unknown().optional(),
    plan: z.string().nullish().catch(null),
  }),
});

/** The path and the body of a paid start. */
export function startCall(start: StartRequest): { path: string; body: JsonObject } {
  const { request, makes, trainedModel } = start;
  const { model, prompt, aspectRatio, resolution, duration, outputs, seed, options } = request;
  const image_url = imagesOf(start);
  if (model === 'upscale')
    return { path: '/api/upscale', body: { image_url: image_url ?? missing('an image') } };
  if (request.choice.kind !== 'public')
    return {
      path: '/api/generate-custom-model',
      body: present({ image_url, prompt, model: trainedModel ?? missing('the trained model') }),
    };
  const body = present({
    model,
    image_url,
    prompt,
    aspect_ratio: aspectRatio,
    resolution,
    duration,
    // No known model takes these: they are for models newer than the catalogue.
    num_images: outputs,
    seed,
    ...options,
  });
  // A model outside the catalogue makes images, unless the request has a duration.
  const isVideo = makes === 'video' || duration !== undefined;
  return { path: isVideo ? '/api/generate-video' : '/api/generate', body };
}

/** One link as text, several as a list. Uploaded files are sent as links too, also those of dialect A. */
function imagesOf({ references }: StartRequest): string | string[] | undefined {
  const urls = references.map(({ url }) => url ?? missing('a public link'));
  return urls.length > 1 ? urls : urls[0];
}
