import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { canonical, sha256 } from '../digest.ts';
import { renderVideo } from '../video.ts';
import type { Job } from '../jobs.ts';
import { type ImageSpec, renderImage, sizeFor } from '../images.ts';
import { faultOf, hindrance, readObject, textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, id as vendor, refuse } from './answers.ts';
import { drawVector, renderCutout } from './vectors.ts';
import type { Media } from './library.ts';
import { type Model, models } from './models.ts';
import { costOf, estimateOf, secondsOf } from './prices.ts';

type Params = Record<string, unknown>;

/** A valid request. */
interface Asked {
  readonly body: Params;
  readonly model: Model;
  readonly prompt: string;
  /** Includes defaults for omitted fields. */
  readonly params: Params;
}

const envelope = new Set(['model', 'prompt', 'params', 'attachmentMediaIds']);

export function addPaidRoutes(routes: Hono<Env>, desk: Desk): void {
  for (const section of ['image', 'video', 'text'] as const)
    routes.post(`/${section}/generate`, (context) => generate(context, desk, section));
  routes.post('/pricing/estimate', async (context) => {
    const asked = await read(context);
    if (asked instanceof Response) return asked;
    return context.json(estimateOf(desk.world, asked.model, asked.prompt, asked.params));
  });
}

async function read(context: Context<Env>): Promise<Asked | Response> {
  const json = /^application\/json\b/.test(context.req.header('content-type') ?? '');
  const body = json ? await readObject(context) : undefined;
  if (body === undefined) return refuse(context, 400, 'send a JSON object', 'bad_request');
  const key = textOf(body['model']);
  if (key === '') return refuse(context, 400, "'model' is required");
  const model = models.get(key);
  if (model === undefined) return refuse(context, 400, `unknown model '${key}'`);
  const strange = Object.keys(body).find((name) => !envelope.has(name));
  if (strange !== undefined) return refuse(context, 400, `unknown field '${strange}'`);
  const given = body['params'] ?? {};
  const wrong = faultOf(model.params, given);
  if (wrong !== undefined) return refuse(context, 400, `params: ${wrong}`);
  return { body, model, prompt: textOf(body['prompt']), params: model.params.parse(given) };
}

async function generate(
  context: Context<Env>,
  desk: Desk,
  section: Model['section'],
): Promise<Response> {
  const asked = await read(context);
  if (asked instanceof Response) return asked;
  const { model, prompt, params, body } = asked;
  if (model.section !== section) return refuse(context, 400, `'${model.key}' makes no ${section}`);
  if (model.prompt === 'required' && prompt.trim() === '')
    return refuse(context, 400, "'prompt' is required");
  const attached = attachmentsOf(context, desk, asked);
  if (attached instanceof Response) return attached;
  const { world } = desk;
  const cost = costOf(world, model, prompt, params);
  const hindered = hindrance(context, world, vendor, cost);
  if (hindered === 'limited') return refuse(context, 429, 'too many requests');
  if (hindered === 'noFunds')
    return refuse(context, 402, 'not enough credits', 'insufficient_credits');
  const { jobMs, videoMs, inferenceIds } = world.settings;
  const job = world.jobs.accept({
    vendor,
    account: context.get('account'),
    kind: section === 'video' ? 'video' : 'generate',
    request: body,
    cost,
    ms: section === 'video' ? videoMs : jobMs,
    outputs: [randomUUID()],
    path: context.req.path,
    id: `${inferenceIds === 'prefixed' ? 'ij_' : ''}${randomUUID()}`,
  });
  context.set('accepted', job.entry);
  addOutput(desk, job, asked, attached);
  return context.json({ inferenceJobId: job.id });
}

/** The media named in the request, in order. */
function attachmentsOf(
  context: Context<Env>,
  { library }: Desk,
  { body, model }: Asked,
): Media[] | Response {
  const ids = body['attachmentMediaIds'] ?? [];
  if (!Array.isArray(ids)) return refuse(context, 400, 'attachmentMediaIds: expected an array');
  const { least, most, kinds } = model;
  if (ids.length < least || ids.length > most)
    return refuse(context, 400, `attachmentMediaIds: '${model.key}' takes ${least} to ${most}`);
  const found: Media[] = [];
  for (const id of ids) {
    const media = library.get(context.get('account'), String(id));
    if (media === undefined) return refuse(context, 400, `attachmentMediaIds: no media ${id}`);
    if (!kinds.some((kind) => kind === media.kind))
      return refuse(context, 400, `attachmentMediaIds: '${model.key}' reads no ${media.kind}`);
    if (!library.isReady(media)) return refuse(context, 409, 'the media is still processing');
    found.push(media);
  }
  return found;
}

function addOutput(
  { world, library }: Desk,
  job: Job,
  asked: Asked,
  attached: readonly Media[],
): void {
  const { settings } = world;
  const { model, params } = asked;
  if (model.section === 'text') return;
  const spec = specOf(job, asked, attached);
  const { identity } = spec;
  const mode = settings.images;
  if (model.section === 'video') {
    const content = (): Promise<Buffer> => renderVideo(spec, mode, secondsOf(params));
    library.addOutput(job, { mimeType: 'video/mp4', identity, content });
  } else if (model.key === 'runware-vectorize') {
    const content = (): Promise<Buffer> => Promise.resolve(drawVector(spec));
    library.addOutput(job, { mimeType: 'image/svg+xml', identity, content });
  } else {
    const cutout = model.work === 'edit';
    const content = (): Promise<Buffer> =>
      cutout ? renderCutout(spec, mode) : renderImage(spec, mode);
    library.addOutput(job, { mimeType: 'image/png', identity, content });
  }
}

/** The same request gives the same bytes on any simulator. Further takes of it differ. */
function specOf(job: Job, { model, prompt, params }: Asked, attached: readonly Media[]): ImageSpec {
  const ratio = textOf(params['aspectRatio']);
  const take = params['seed'] === undefined ? job.take : 1;
  const shown = attached.map(({ identity }) => identity);
  return {
    ...sizeFor(/^\d+:\d+$/.test(ratio) ? ratio : '1:1'),
    identity: sha256(canonical([model.key, prompt, params, shown, take])),
    format: 'png',
    prompt,
    model: model.key,
    note: `take ${take}`,
  };
}
