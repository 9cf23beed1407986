import { UserError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { missing, present } from '../body.ts';
import type { StartRequest } from '../port.ts';

/** The path and the body of a paid start. */
export function startCall(
  { request, makes, references }: StartRequest,
  outputFormatField: string,
): { path: string; body: JsonObject } {
  const { prompt, model, aspectRatio, resolution, duration, seed, outputs } = request;
  if ((outputs ?? 1) > 1) throw new UserError('GPTImage2API makes one file a request');
  const { outputFormat, ...options } = request.options;
  const links = references.map(({ url }) => url ?? missing('a public link'));
  // A model outside the catalogue makes images, unless the request has a duration.
  const isVideo = makes === 'video' || duration !== undefined;
  const mode = links.length > 0 ? 'image_to_video' : 'text_to_video';
  const body = present({
    ...options,
    [outputFormatField]: outputFormat,
    prompt,
    model,
    aspectRatio,
    resolution,
    duration,
    seed,
    inputImageUrls: links.length > 0 ? links : undefined,
    inputMode: isVideo ? mode : undefined,
  });
  return { path: isVideo ? '/api/ai/video/generate' : '/api/ai/image/generate', body };
}
