import type { Context } from 'hono';
import { imageType } from '../requests.ts';
import type { Env } from '../world.ts';

const bytesMax = 10 * 1_024 * 1_024;

/** The image of an upload, or the reason why there is none. */
export async function readUpload(
  context: Context<Env>,
): Promise<{ form: FormData; name: string; mime: string; content: Uint8Array } | string> {
  const form = await context.req.formData().catch(() => undefined);
  if (form === undefined) return 'The body is not multipart/form-data';
  const file = form.get('file');
  if (!(file instanceof File)) return 'Missing required parameter: file';
  const content = new Uint8Array(await file.arrayBuffer());
  if (content.byteLength > bytesMax) return 'The file is larger than 10 MB';
  const mime = imageType(content);
  if (mime === undefined || mime === 'image/heic') return 'The file is no JPEG, PNG or WebP';
  return { form, name: file.name, mime, content };
}
