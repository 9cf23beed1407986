import type { FieldSpec, ModelSpec, ReferenceSpec } from '../../../batch/model-spec.ts';
import { choice } from '../../fields.ts';
import type { JobStatuses } from '../../job-statuses.ts';
import type { Offer } from '../../port.ts';
import { pricesOf } from '../prices.ts';
import { uploads } from '../upload-form.ts';

/** Tokens, from third-party texts: the vendor does not document this API. */
const tokens = {
  'gpt-low': 2,
  'gpt-medium': 3,
  'gpt-high': 8,
  'kontext-pro': 3,
  'kontext-max': 3,
  nanobananapro: 8,
  nanobanana: 3,
  nanobanana2: 5,
  seedream: 3,
  upscale: 20,
};

const names = ['SQUARE', 'LANDSCAPE', 'PORTRAIT'];
const moreNames = ['LANDSCAPE_4_3', 'LANDSCAPE_5_4', 'SQUARE_1_1', 'PORTRAIT_4_5', 'PORTRAIT_3_4'];
const ratios = ['4:3', '5:4', '1:1', '4:5', '3:4'];
const output_format = choice(['png', 'jpg', 'jpeg'], 'png');

const insteadOf: ModelSpec['insteadOf'] = {
  model: 'model beside options',
  image_url: 'references',
  aspect_ratio: 'aspectRatio',
};

function images(min: number, max: number): ReferenceSpec {
  return { min, max, reads: ['image'], takes: ['file', 'link'], roles: [] };
}

const image = {
  operation: 'image',
  makes: 'image',
  trained: false,
  prompt: 'required',
  options: { output_format },
  insteadOf,
} as const;

function plain(id: string, references: number, notes: readonly string[]): ModelSpec {
  const fields = { aspectRatio: choice(names) };
  return { ...image, id, fields, references: images(1, references), notes };
}

function nanobanana(id: string, notes: readonly string[] = []): ModelSpec {
  return {
    ...image,
    id,
    fields: {
      aspectRatio: choice([...names, ...moreNames, ...ratios]),
      resolution: choice(['1K', '2K', '4K'], '2K'),
    },
    references: images(1, 14),
    notes: [...notes, 'whether the price depends on the resolution is not documented'],
  };
}

const twoImages = 'an older text says that it takes two images';
const seconds = (min: number, max: number, preset?: number): FieldSpec => ({
  kind: 'integer',
  min,
  max,
  ...(preset !== undefined && { default: preset }),
});

const models: readonly ModelSpec[] = [
  ...['gpt-2', 'gpt-1.5'].map((id) => plain(id, 2, [twoImages, 'its price is not known'])),
  ...['gpt-low', 'gpt-medium', 'gpt-high'].map((id) => plain(id, 2, [twoImages])),
  plain('kontext-pro', 2, [twoImages, 'texts give 2 or 3 tokens as its price; 3 is assumed']),
  plain('kontext-max', 2, [twoImages]),
  nanobanana('nanobananapro'),
  nanobanana('nanobanana'),
  nanobanana('nanobanana2', ['its price is taken from dialect A']),
  plain('seedream', 14, []),
  {
    ...image,
    id: 'trained',
    trained: true,
    fields: {},
    references: images(1, 1),
    options: {},
    notes: [
      'a custom model that was made in the dashboard: write models: { NAME: { train: { account, id } } }',
      'the number of its images and its price are not documented',
    ],
  },
  {
    ...image,
    id: 'upscale',
    operation: 'upscale',
    prompt: 'none',
    fields: {},
    references: images(1, 1),
    options: {},
    notes: [],
  },
  {
    ...image,
    id: 'seedance',
    operation: 'video',
    makes: 'video',
    fields: {
      aspectRatio: choice(['auto', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']),
      resolution: choice(['480p', '720p', '1080p', '4k']),
      duration: seconds(4, 15),
    },
    references: images(0, 9),
    options: { generate_audio: { kind: 'boolean' } },
    notes: ['its price and its defaults are not documented'],
  },
  {
    ...image,
    id: 'gemini-omni',
    operation: 'video',
    makes: 'video',
    fields: { aspectRatio: choice(['16:9', '9:16']), duration: seconds(3, 10, 8) },
    references: images(1, 1),
    options: {},
    notes: ['its price and how many images it takes are not documented'],
  },
];

export const jobStatuses: JobStatuses = {
  running: ['NOT_STARTED', 'RUNNING'],
  succeeded: ['COMPLETED'],
  failed: ['ERROR', 'FAILED', 'TIMEOUT'],
  unlisted: 'running',
};

export const offerB: Offer = {
  models,
  jobStatuses,
  training: undefined,
  uploads,
  // Fifteen per IP address, across all keys. With two running jobs, polls leave room for starts.
  limits: { perMinute: 15, inFlight: 2, counts: 'all' },
  publicUploads: true,
  ...pricesOf(models, tokens, 'assumed'),
};
