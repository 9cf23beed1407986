import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import { missing, present } from '../../body.ts';
import { opaqueId as id } from '../../fields.ts';
import type { ResolvedReference, StartRequest } from '../../port.ts';

export const started = z.looseObject({ job_id: id });

const amount = z.union([z.number(), z.string()]).nullish().catch(null);
const maybeId = id.nullish().catch(null);
/** Undocumented texts in jobs. */
const text = z.string().nullish().catch(null);

export const job = z.looseObject({
  status: z.string(),
  progress: z.number().nullish().catch(null),
  created_at: z.unknown().optional(),
  completed_at: z.unknown().optional(),
  model: text,
  prompt: text,
  /** Read entry by entry. */
  images: z.unknown().optional(),
  tokens_used: amount,
  error: z.unknown().optional(),
});
export type Job = z.infer<typeof job>;

/** An entry of a list of undocumented shape. */
export const listedJob = z
  .looseObject({
    job_id: maybeId,
    id: maybeId,
    created_at: z.unknown().optional(),
    tokens_used: amount,
  })
  .transform(withId((entry) => entry.job_id ?? entry.id));

export const uploaded = z.looseObject({
  asset_id: id,
  status: z.string().nullish(),
  url: z.string().nullish(),
});

export const listedAsset = z
  .looseObject({
    asset_id: maybeId,
    id: maybeId,
    name: text,
    status: text,
    created_at: z.unknown().optional(),
  })
  .transform(withId((entry) => entry.asset_id ?? entry.id));

export const preset = z
  .looseObject({ preset_id: maybeId, id: maybeId, name: text })
  .transform(withId((entry) => entry.preset_id ?? entry.id));

export const me = z.looseObject({
  plan: text,
  credits: z.looseObject({ generations: amount }).nullish().catch(null),
});

function withId<Entry extends object>(idOf: (entry: Entry) => string | null | undefined) {
  return (entry: Entry, context: z.core.$RefinementCtx): Entry & { readonly id: string } => {
    const found = idOf(entry);
    if (found) return { ...entry, id: found };
    context.addIssue({ code: 'custom', message: 'has no id' });
    return z.NEVER;
  };
}

/** The body of a paid start. */
export function startBody({ request, references }: StartRequest): JsonObject {
  const { model, prompt, aspectRatio, resolution, duration, outputs, seed, options } = request;
  const [image, ...others] = references;
  if (!image || others.length > 0) return missing('its one image');
  return present({
    model,
    ...(assetIn(image) ?? { image_url: image.url ?? missing('a public link') }),
    prompt,
    num_images: outputs,
    aspect_ratio: aspectRatio,
    // No documented model takes these: they are for models newer than the catalogue.
    resolution,
    duration,
    seed,
    ...options,
  });
}

/** An upload of dialect B has its link as `remote`, so it has no asset id. */
function assetIn({ remote, url }: ResolvedReference): { asset_id: string } | undefined {
  return typeof remote === 'string' && remote !== url ? { asset_id: remote } : undefined;
}
