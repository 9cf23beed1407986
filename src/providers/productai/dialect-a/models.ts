import type { ModelSpec, RuleBreach } from '../../../batch/model-spec.ts';
import type { ShotRequest } from '../../../batch/request.ts';
import { choice } from '../../fields.ts';
import type { Limits, Offer } from '../../port.ts';
import { pricesOf } from '../prices.ts';
import { uploads } from '../upload-form.ts';
import type { Settings } from '../settings.ts';
import { jobStatuses } from './jobs.ts';

/** Credits per image, as published. */
const credits = {
  nanobanana2: 5,
  nanobananapro: 8,
  nanobanana: 3,
  'kontext-pro': 3,
  'kontext-max': 3,
  seedream: 3,
  'gpt-high': 8,
};

/** The published limits count every request, polls and uploads included. */
const limitsOf: Record<NonNullable<Settings['plan']>, Limits> = {
  free: { perMinute: 10, inFlight: 2, counts: 'all' },
  pro: { perMinute: 60, inFlight: 8, counts: 'all' },
  enterprise: { perMinute: undefined, inFlight: 8, counts: 'all' },
};

const insteadOf: ModelSpec['insteadOf'] = {
  model: 'model beside options',
  image_url: 'references',
  asset_id: 'references',
  num_images: 'outputs',
  aspect_ratio: 'aspectRatio',
};

function wordless({ prompt, options }: ShotRequest): RuleBreach[] {
  if (prompt !== undefined || options.preset_id !== undefined) return [];
  return [{ field: 'prompt', message: 'is needed where no options.preset_id is given' }];
}

function modelOf(id: string, promptRequired: boolean): ModelSpec {
  return {
    id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: promptRequired ? 'required' : 'optional',
    fields: {
      aspectRatio: choice(['1:1', '4:3', '3:4', '16:9', '9:16'], '1:1'),
      outputs: { kind: 'integer', min: 1, max: 4, default: 1 },
    },
    references: { min: 1, max: 1, reads: ['image'], takes: ['file', 'link'], roles: [] },
    options: {
      preset_id: {
        kind: 'text',
        note: 'id of one of the presets; `shotlist presets ACCOUNT` lists them',
      },
    },
    insteadOf,
    ...(!promptRequired && { check: wordless }),
    notes: [
      promptRequired
        ? 'the documents let a preset replace the prompt, and also require a prompt: see promptWithPreset'
        : 'taken to need a prompt only where there is no preset_id',
      'how long a prompt may be is not documented',
    ],
  };
}

export function offerA({ plan = 'pro', promptWithPreset = true }: Settings): Offer {
  const models = Object.keys(credits).map((id) => modelOf(id, promptWithPreset));
  return {
    models,
    training: undefined,
    uploads,
    limits: limitsOf[plan],
    jobStatuses,
    publicUploads: true,
    ...pricesOf(models, credits, 'exact'),
  };
}
