import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { canonical, sha256 } from '../digest.ts';
import type { Job, Order } from '../jobs.ts';
import { type ImageSpec, fit, sizeFor } from '../images.ts';
import { faultOf, faultOfLink, textOf } from '../requests.ts';
import type { Env } from '../world.ts';
import { type Desk, answer, priceOf, readBody, refuse, refuseUnpaid } from './answers.ts';
import type { Model } from './library.ts';
import { imageModels, presets, trainedModel, upscaling, videoModels } from './rules.ts';

type Body = Record<string, unknown>;

/** Fields with ids and links: an image depends on the content behind them. */
const resolved: ReadonlySet<string> = new Set([
  'modelID',
  'inputImageId',
  'referenceImageURLs',
  'referenceImages',
  'referenceVideos',
]);

/** The routes that cost credits; see `models.ts` for training. */
export function addPaidRoutes(routes: Hono<Env>, desk: Desk): void {
  routes.post('/images/generation', (context) => generate(context, desk));
  routes.post('/images/upscaling', (context) => upscale(context, desk));
  routes.post('/videos/generation', (context) => makeVideo(context, desk));
}

async function generate(context: Context<Env>, desk: Desk): Promise<Response> {
  const body = await readBody(context);
  if (body instanceof Response) return body;
  const account = context.get('account');
  const id = textOf(body['modelID']);
  if (id === '') return refuse(context, 400, 'modelID is required');
  const trained = desk.library.model(account, id);
  const rule = imageModels[id] ?? (trained && trainedModel);
  if (rule === undefined) return refuse(context, 404, `model ${id} not found`);
  const wrong = faultOf(rule, body) ?? faultOfLinks(desk, body) ?? faultOfPreset(body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  if (trained !== undefined && desk.library.status(trained) !== 'ready') {
    return refuse(context, 400, `model is not ready: ${desk.library.status(trained)}`);
  }
  const input = body['inputImageId'];
  if (input !== undefined && desk.library.image(account, textOf(input)) === undefined) {
    return refuse(context, 404, `image ${textOf(input)} not found`);
  }
  const count = Number(body['numImages'] ?? 1);
  const { jobMs: ms } = desk.world.settings;
  const job = order(context, desk, {
    kind: 'generate',
    request: body,
    ms,
    count,
    price: priceOf(desk, 'image'),
  });
  if (job instanceof Response) return job;
  const specs = Array.from({ length: count }, (_, index) =>
    specOf(desk, body, job, index, trained),
  );
  desk.library.addImages(job, id, specs);
  return answer(context, { jobId: job.id, status: 'queued' });
}

async function upscale(context: Context<Env>, desk: Desk): Promise<Response> {
  const body = await readBody(context);
  if (body instanceof Response) return body;
  const wrong = faultOf(upscaling, body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  const source = desk.library.image(context.get('account'), textOf(body['imageID']));
  if (source === undefined)
    return refuse(context, 404, `image ${textOf(body['imageID'])} not found`);
  const { jobMs: ms } = desk.world.settings;
  const job = order(context, desk, {
    kind: 'upscale',
    request: body,
    ms,
    count: 1,
    price: priceOf(desk, 'upscale'),
  });
  if (job instanceof Response) return job;
  const { spec } = source;
  const { width, height } = spec;
  const doubled = fit(width, height, Math.min(2_048, Math.max(width, height) * 2));
  const larger = { ...spec, ...doubled, note: `${spec.note} upscaled` };
  desk.library.addImages(job, source.modelID, [larger], source);
  return answer(context, { jobId: job.id, status: 'queued' });
}

async function makeVideo(context: Context<Env>, desk: Desk): Promise<Response> {
  const body = await readBody(context);
  if (body instanceof Response) return body;
  const id = textOf(body['modelID']);
  if (id === '') return refuse(context, 400, 'modelID is required');
  const rule = videoModels[id];
  if (rule === undefined) return refuse(context, 404, `model ${id} not found`);
  const wrong = faultOf(rule, body) ?? faultOfLinks(desk, body);
  if (wrong !== undefined) return refuse(context, 400, wrong);
  const count = Number(body['numVideos'] ?? 1);
  const { videoMs: ms } = desk.world.settings;
  const job = order(context, desk, {
    kind: 'video',
    request: body,
    ms,
    count,
    price: priceOf(desk, 'video'),
  });
  if (job instanceof Response) return job;
  const specs = Array.from({ length: count }, (_, index) => specOf(desk, body, job, index));
  const { duration } = chosenOptions(body);
  desk.library.addVideos(job, id, specs, Number(duration ?? 8) || 8);
  return answer(context, { jobId: job.id, status: 'queued' });
}

/** Charges and books the job, or refuses. On return the request is accepted. */
function order(
  context: Context<Env>,
  desk: Desk,
  {
    count,
    price,
    ...rest
  }: Pick<Order, 'kind' | 'request' | 'ms'> & { count: number; price: number },
): Job | Response {
  const account = context.get('account');
  const cost = price * count;
  const refusal = refuseUnpaid(context, desk, cost);
  if (refusal !== undefined) return refusal;
  const outputs = Array.from({ length: count }, () => randomUUID());
  const { path } = context.req;
  const job = desk.world.jobs.accept({ ...rest, vendor: 'photogpt', account, cost, outputs, path });
  context.set('accepted', job.entry);
  return job;
}

/**
 * The content of an output. Ids that differ between runs are replaced by the content behind them.
 * So the same request gives the same bytes on any simulator. Further takes of one request differ.
 */
function specOf(desk: Desk, body: Body, job: Job, index: number, trained?: Model): ImageSpec {
  const options = chosenOptions(body);
  const repeatable = Number(body['seed'] ?? 0) > 0;
  const take = repeatable ? 1 : job.take;
  const input = desk.library.images.get(textOf(body['inputImageId']))?.spec.identity;
  const name = trained === undefined ? textOf(body['modelID']) : textOf(trained.fields['name']);
  const links = linksOf(body).map((link) => contentOf(desk, link));
  const shown = Object.entries(body).filter(([field]) => !resolved.has(field));
  const ratio = textOf(body['aspectRatio'] ?? options['aspectRatio'] ?? options['ratio']);
  const natural = job.entry.kind === 'video' ? '16:9' : '1:1';
  const size =
    body['width'] === undefined && body['height'] === undefined
      ? sizeFor(/^\d+:\d+$/.test(ratio) ? ratio : natural)
      : fit(Number(body['width'] ?? 1_024), Number(body['height'] ?? 1_024));
  return {
    ...size,
    identity: sha256(
      canonical([job.entry.kind, name, Object.fromEntries(shown), input, links, take, index]),
    ),
    format: options['outputFormat'] === 'png' ? 'png' : 'jpeg',
    prompt: textOf(body['prompt'] ?? body['preset']),
    model: name,
    note: `take ${take} #${index + 1}`,
  };
}

/** The fields of the only option group that a body may have. */
function chosenOptions(body: Body): Body {
  const [group] = Object.values((body['options'] ?? {}) as Record<string, Body>);
  return group ?? {};
}

function linksOf(body: Body): string[] {
  const listed = [body['referenceImages'], body['referenceVideos']].flatMap(
    (list) => (list ?? []) as { url: string }[],
  );
  return [...((body['referenceImageURLs'] ?? []) as string[]), ...listed.map(({ url }) => url)];
}

/** A link to the simulator's own file stands for the file's content. Any other link stands for itself. */
function contentOf(desk: Desk, link: string): string {
  const id = /\/files\/([^/.]+)\./.exec(new URL(link).pathname)?.[1] ?? '';
  return desk.library.images.get(id)?.spec.identity ?? link;
}

function faultOfLinks({ world }: Desk, body: Body): string | undefined {
  for (const link of linksOf(body)) {
    const wrong = faultOfLink(world, link);
    if (wrong !== undefined) return `reference is ${wrong}`;
  }
  return undefined;
}

function faultOfPreset({ preset }: Body): string | undefined {
  if (preset === undefined || presets.some(({ tag }) => tag === preset)) return undefined;
  return `preset: unknown preset ${textOf(preset)}`;
}
