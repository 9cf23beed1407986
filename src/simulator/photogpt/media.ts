import type { Context, Hono } from 'hono';
import { faultOf, imageType } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, answer, refuse } from './answers.ts';
import type { Image, Video } from './library.ts';
import { imageModels, uploadData } from './rules.ts';

const largestUpload = 20 * 1_024 * 1_024;
const mostPerType = 20;
const listTypes = ['all', 'input', 'output', 'auxiliaryType'] as const;

export function addMediaRoutes(routes: Hono<Env>, desk: Desk): void {
  const { library } = desk;
  routes.post('/images/upload', (context) => upload(context, desk));
  routes.get('/images/:id', (context) => {
    const image = library.image(context.get('account'), context.req.param('id'));
    if (image === undefined) return refuse(context, 404, 'image not found');
    return answer(context, shownImage(desk, image));
  });
  routes.delete('/images/:id', (context) => {
    const image = library.image(context.get('account'), context.req.param('id'));
    if (image === undefined) return refuse(context, 404, 'image not found');
    library.images.delete(image.id);
    desk.world.files.remove(image.file);
    return answer(context, 'Image deleted');
  });
  routes.get('/models/:id/images', (context) => listImages(context, desk));
  addVideoRoutes(routes, desk);
}

function addVideoRoutes(routes: Hono<Env>, desk: Desk): void {
  const { library, world } = desk;
  const find = (context: Context<Env>): Video | undefined =>
    library.video(context.get('account'), context.req.param('id') ?? '');
  routes.get('/videos', (context) => {
    const own = [...library.videos.keys()].map((id) => library.video(context.get('account'), id));
    const made = own.filter((video) => video !== undefined).toReversed();
    return answer(
      context,
      made.map((video) => shownVideo(desk, video)),
    );
  });
  routes.get('/videos/:id', (context) => {
    const video = find(context);
    if (video === undefined) return refuse(context, 404, 'video not found');
    return answer(context, shownVideo(desk, video));
  });
  routes.delete('/videos/:id', (context) => {
    const video = find(context);
    if (video === undefined) return refuse(context, 404, 'video not found');
    library.videos.delete(video.id);
    for (const ending of ['m3u8', 'mp4']) world.files.remove(`${video.id}.${ending}`);
    return answer(context, 'Video deleted');
  });
  routes.get('/videos/:id/create-download', (context) => {
    const video = find(context);
    if (video === undefined) return refuse(context, 404, 'video not found');
    video.preparedAt ??= world.settings.clock.now();
    return answer(context, 'Download is being prepared');
  });
  routes.get('/videos/:id/download', (context) => {
    const video = find(context);
    const percentComplete = video === undefined ? null : library.downloadProgress(video);
    if (video === undefined || percentComplete === null) {
      return refuse(context, 404, 'no download was asked for');
    }
    if (percentComplete < 100) return answer(context, { percentComplete, status: 'inprogress' });
    const url = world.files.url(`${video.id}.mp4`);
    return answer(context, { percentComplete, status: 'ready', url });
  });
}

async function upload(context: Context<Env>, desk: Desk): Promise<Response> {
  const tooLarge = (): Response => refuse(context, 400, 'the request is larger than 20 MB');
  if (Number(context.req.header('content-length') ?? 0) > largestUpload) return tooLarge();
  const form = await context.req.formData().catch(() => undefined);
  if (form === undefined) return refuse(context, 400, 'the body is not multipart/form-data');
  const file = form.get('file');
  const text = form.get('data');
  if (!(file instanceof File)) return refuse(context, 400, 'part "file" is missing');
  if (text === null) return refuse(context, 400, 'part "data" is missing');
  const data = parse(typeof text === 'string' ? text : await text.text());
  const wrong = faultOf(uploadData, data);
  if (wrong !== undefined) return refuse(context, 400, `data: ${wrong}`);
  const chosen = data as { modelID: string; type: 'modelInput' | 'auxiliaryType' };
  const account = context.get('account');
  const known =
    desk.library.model(account, chosen.modelID) !== undefined ||
    (chosen.type === 'auxiliaryType' && Object.hasOwn(imageModels, chosen.modelID));
  if (!known) return refuse(context, 404, 'model not found');
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.byteLength > largestUpload) return tooLarge();
  const mime = imageType(bytes);
  if (mime === undefined) return refuse(context, 400, 'not a jpg, webp, png or heic image');
  const present = [...desk.library.images.values()].filter(
    (image) =>
      image.account === account && image.modelID === chosen.modelID && image.type === chosen.type,
  );
  if (present.length >= mostPerType) {
    return refuse(context, 400, `the model has ${mostPerType} images of type ${chosen.type}`);
  }
  return answer(context, shownImage(desk, desk.library.addUpload(account, chosen, bytes, mime)));
}

function listImages(context: Context<Env>, desk: Desk): Response {
  const account = context.get('account');
  const modelID = context.req.param('id') ?? '';
  if (desk.library.model(account, modelID) === undefined && !Object.hasOwn(imageModels, modelID)) {
    return refuse(context, 404, 'model not found');
  }
  const type = context.req.query('imageType') ?? 'all';
  if (!listTypes.some((known) => known === type)) return refuse(context, 400, 'unknown imageType');
  const page = Number(context.req.query('pageNum') ?? 1);
  const pageSize = Number(context.req.query('pageSize') ?? 20);
  if (!sound(page, 1_000_000) || !sound(pageSize, 100)) return refuse(context, 400, 'bad page');
  const wanted = type === 'input' ? 'modelInput' : type;
  const result = [...desk.library.images.values()]
    .filter((image) => image.modelID === modelID && (wanted === 'all' || image.type === wanted))
    .filter((image) => desk.library.image(account, image.id) !== undefined)
    .slice((page - 1) * pageSize, page * pageSize)
    .map((image) => shownImage(desk, image));
  return context.json({ page, pageSize, result, status: 'OK' });
}

function shownImage({ library, world }: Desk, image: Image): object {
  const at = world.reported(image.createdAt);
  const upscaled = [...library.images.values()].find(
    ({ id, source }) => source === image && library.image(image.account, id) !== undefined,
  );
  return {
    createdAt: at,
    data: world.settings.revealing && image.job !== undefined ? image.job.entry.request : {},
    folderID: null,
    id: image.id,
    liked: false,
    modelID: image.modelID,
    publicMediaID: null,
    type: image.type,
    updatedAt: at,
    upscaledImageID: upscaled?.id ?? null,
    upscaledImageURL: upscaled === undefined ? null : world.files.url(upscaled.file),
    url: world.files.url(image.file),
  };
}

function shownVideo({ world }: Desk, video: Video): object {
  const at = world.reported(video.createdAt);
  return {
    createdAt: at,
    data: world.settings.revealing ? video.job.entry.request : {},
    folderID: null,
    id: video.id,
    jobId: video.job.id,
    liked: false,
    modelID: video.modelID,
    publicMediaID: null,
    type: 'output',
    updatedAt: at,
    url: world.files.url(`${video.id}.m3u8`),
  };
}

function sound(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
