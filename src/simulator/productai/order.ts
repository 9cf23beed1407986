import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { PaidKind } from '../book.ts';
import { canonical, sha256 } from '../digest.ts';
import type { Job } from '../jobs.ts';
import { fit, sizeFor } from '../images.ts';
import { textOf } from '../requests.ts';
import type { Env, World } from '../world.ts';
import type { Library } from './library.ts';

/** The context of every ProductAI route. */
export interface Desk {
  readonly world: World;
  readonly library: Library;
}

export interface Wanted {
  readonly id: string;
  readonly kind: Exclude<PaidKind, 'train'>;
  readonly body: Readonly<Record<string, unknown>>;
  /** The content of the references, in order. */
  readonly references: readonly string[];
  /** From the price list; the simulator's settings may override it. */
  readonly credits: number;
  readonly count: number;
  /** Such as `4:3`. */
  readonly ratio: string;
  readonly format: 'jpeg' | 'png';
  /** Null for images. */
  readonly seconds: number | null;
}

/** Fields that differ between runs of the same request. */
const named: ReadonlySet<string> = new Set(['image_url', 'asset_id', 'webhook_url']);

/** The cost of a request, and the account's available credits. */
export function bill(
  context: Context<Env>,
  { world }: Desk,
  { body, credits, count }: Wanted,
): { cost: number; available: number } {
  const prices = world.settings.prices['productai'] ?? {};
  world.jobs.settle();
  const available = world.accountsOf('productai').balance(context.get('account'));
  return { cost: (prices[textOf(body['model'])] ?? credits) * count, available };
}

/** Books and charges the job. From here on the request is accepted. */
export function accept(context: Context<Env>, desk: Desk, wanted: Wanted, cost: number): Job {
  const { world, library } = desk;
  const { id, kind, body, count, seconds } = wanted;
  const { jobMs, videoMs } = world.settings;
  const job = world.jobs.accept({
    vendor: 'productai',
    account: context.get('account'),
    kind,
    request: body,
    cost,
    ms: seconds === null ? jobMs : videoMs,
    outputs: Array.from({ length: count }, () => randomUUID()),
    path: context.req.path,
    id,
  });
  context.set('accepted', job.entry);
  library.addOutputs(job, specsOf(job, wanted), seconds);
  return job;
}

function specsOf(job: Job, { kind, body, references, count, ratio, format }: Wanted) {
  const shown = Object.fromEntries(Object.entries(body).filter(([field]) => !named.has(field)));
  const size = kind === 'upscale' ? fit(1, 1, 1_024) : sizeFor(ratio);
  return Array.from({ length: count }, (_, index) => ({
    ...size,
    identity: sha256(canonical([kind, shown, references, job.take, index])),
    format,
    prompt: textOf(body['prompt'] ?? body['preset_id']),
    model: textOf(body['model']) || kind,
    note: `take ${job.take} #${index + 1}`,
  }));
}
