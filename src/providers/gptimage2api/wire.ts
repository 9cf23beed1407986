import { UserError } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { StartRequest } from '../port.ts';

/** The path and the body of a paid start. */
export function startCall(
  { request, references }: StartRequest,
  isVideo: boolean,
  outputFormatField: string,
): { path: string; body: JsonObject } {
  const { prompt, model, aspectRatio, resolution, duration, seed } = request;
  const { outputFormat, ...options } = request.options;
  if ((request.outputs ?? 1) > 1) throw new UserError('GPTImage2API makes one file a request');
  const links = references.map(({ url }) => {
    if (url === undefined) throw new UserError('the request lacks a public link');
    return url;
  });
  const body: Record<string, Json | undefined> = {
    ...options,
    [outputFormatField]: outputFormat,
    prompt,
    model,
    aspectRatio,
    resolution,
    duration,
    seed,
    inputImageUrls: links.length > 0 ? links : undefined,
    inputMode: isVideo ? (links.length > 0 ? 'image_to_video' : 'text_to_video') : undefined,
  };
  const sent = Object.entries(body).filter(([, value]) => value !== undefined);
  return {
    path: isVideo ? '/api/ai/video/generate' : '/api/ai/image/generate',
    body: Object.fromEntries(sent) as JsonObject,
  };
}
