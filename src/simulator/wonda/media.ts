import type { Context, Hono } from 'hono';
import { imageType } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, refuse } from './answers.ts';
import type { Media } from './library.ts';

const types: ReadonlySet<string> = new Set([
  ...['jpeg', 'png', 'gif', 'webp', 'svg+xml'].map((type) => `image/${type}`),
  ...['mp4', 'webm', 'quicktime', 'x-msvideo'].map((type) => `video/${type}`),
  ...['mpeg', 'mp3', 'wav', 'ogg', 'webm', 'aac', 'm4a'].map((type) => `audio/${type}`),
]);
const kinds = ['image', 'video', 'audio'];
const sources = ['user_upload', 'model_generated', 'editor_output', 'scrape', 'import'];

export function addMediaRoutes(routes: Hono<Env>, desk: Desk): void {
  routes.post('/media/upload', (context) => upload(context, desk));
  routes.get('/media', (context) => list(context, desk));
  routes.get('/media/:id', (context) => {
    const media = desk.library.get(context.get('account'), context.req.param('id'));
    if (media === undefined) return refuse(context, 404, 'media not found');
    return context.json(shown(desk, media));
  });
}

/** Accepts one file in `file`, or several under any names. Of several, keeps those that are valid. */
async function upload(context: Context<Env>, { library, world }: Desk): Promise<Response> {
  const form = await context.req.formData().catch(() => undefined);
  if (form === undefined) return refuse(context, 400, 'the body is not multipart/form-data');
  const parts = [...form.entries()].filter(
    (part): part is [string, File] => part[1] instanceof File,
  );
  if (parts.length === 0) return refuse(context, 400, 'no file was sent');
  const uploads: Record<string, object> = {};
  const errors: Record<string, string> = {};
  for (const [field, file] of parts) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const wrong = faultOf(file.type, bytes);
    if (wrong !== undefined) errors[field] = wrong;
    else {
      const { id: mediaId, file: name } = library.upload(context.get('account'), bytes, file.type);
      uploads[field] = { mediaId, url: world.files.url(name), mimeType: file.type };
    }
  }
  const [first] = Object.values(errors);
  if (Object.keys(uploads).length === 0) return refuse(context, 400, first ?? 'no file was sent');
  const single = parts.length === 1 && uploads['file'] !== undefined ? uploads['file'] : {};
  return context.json({ ...single, uploads, ...(first === undefined ? {} : { errors }) });
}

function faultOf(type: string, bytes: Uint8Array): string | undefined {
  if (!types.has(type)) return `unsupported type ${type}`;
  if (bytes.byteLength === 0) return 'the file is empty';
  const pixels = ['image/jpeg', 'image/png', 'image/webp'];
  if (pixels.includes(type) && imageType(bytes) !== type) return `the file is no ${type}`;
  return undefined;
}

function list(context: Context<Env>, desk: Desk): Response {
  const { kind, source, limit = '20' } = context.req.query();
  const most = Number(limit);
  if (kind !== undefined && !kinds.includes(kind)) return refuse(context, 400, 'unknown kind');
  if (source !== undefined && !sources.includes(source))
    return refuse(context, 400, 'unknown source');
  if (!Number.isInteger(most) || most < 1 || most > 100)
    return refuse(context, 400, 'limit must be 1 to 100');
  const media = desk.library
    .list(context.get('account'))
    .filter((one) => kind === undefined || one.kind === kind)
    .filter((one) => source === undefined || sourceOf(one) === source)
    .slice(0, most)
    .map((one) => shown(desk, one));
  return context.json({ media });
}

function sourceOf({ job }: Media): string {
  return job === undefined ? 'user_upload' : 'model_generated';
}

function shown({ library, world }: Desk, media: Media): object {
  const { id: mediaId, kind, mimeType, createdAt, file } = media;
  return {
    mediaId,
    url: world.files.url(file),
    kind,
    mimeType,
    source: sourceOf(media),
    status: library.isReady(media) ? 'ready' : 'processing',
    createdAt: world.reported(createdAt),
  };
}
