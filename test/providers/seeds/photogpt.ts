import type { ShotRequest } from '../../../src/batch/request.ts';
import type { FieldRow, Row, SeedTable } from './rows.ts';

const document = 'PhotoGPT image generation';
const gemini = ['nanobanana', 'nanobanana-pro', 'nanobanana-2'];
const seedream = ['seedream', 'seedream-4_5', 'seedream-5-lite'];
const openai = ['gpt-image-2'];
const popular = [...gemini, ...seedream, ...openai];

type Details = Partial<Omit<FieldRow, 'kind' | 'models' | 'field' | 'at'>>;

function field(
  models: readonly string[],
  name: string,
  at: string,
  says: string,
  details: Details,
): Row {
  return { document, says, kind: 'field', models, field: name, at, is: 'choice', ...details };
}

function references(models: readonly string[], max: number): Row {
  const says = `up to ${max} URLs in referenceImageURLs of ${models.join(', ')}`;
  const at = 'referenceImageURLs';
  return { document, says, kind: 'references', models, min: 0, max, as: 'url', at };
}

const common: readonly Row[] = [
  {
    document,
    says: 'a public model needs a prompt',
    kind: 'prompt',
    models: popular,
    prompt: 'required',
  },
  field(popular, 'options.preset', 'preset', 'an optional preset tag', { is: 'text' }),
  field(popular, 'aspectRatio', 'aspectRatio', 'ten aspect ratios, 1:1 by default', {
    values: ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'],
    default: '1:1',
  }),
  field(popular, 'outputs', 'numImages', '1 to 4 images', { is: 'integer', min: 1, max: 4 }),
  references(['nanobanana'], 3),
  references(['nanobanana-pro', 'nanobanana-2'], 14),
  references([...seedream, ...openai], 10),
];

const options: readonly Row[] = [
  field(gemini, 'resolution', 'options.gemini.imageSize', 'imageSize of the NanoBanana family', {
    values: ['1K', '2K', '4K'],
    default: '1K',
  }),
  field(gemini, 'options.safetyFilterLevel', 'options.gemini.safetyFilterLevel', 'five levels', {
    values: [
      'OFF',
      'BLOCK_NONE',
      'BLOCK_ONLY_HIGH',
      'BLOCK_MEDIUM_AND_ABOVE',
      'BLOCK_LOW_AND_ABOVE',
    ],
  }),
  field(gemini, 'options.sequentialMode', 'options.gemini.sequentialMode', 'one after another', {
    values: ['disabled', 'sequential'],
  }),
  field(['seedream'], 'resolution', 'options.seedream.imageSize', 'imageSize of Seedream', {
    values: ['1K', '2K', '4K'],
  }),
  field(['seedream-4_5'], 'resolution', 'options.seedream.imageSize', 'imageSize of Seedream 4.5', {
    values: ['2K', '4K'],
  }),
  field(['seedream-5-lite'], 'resolution', 'options.seedream.imageSize', 'imageSize of 5 Lite', {
    values: ['2K', '3K'],
  }),
  field(['seedream'], 'options.optimizeMode', 'options.seedream.optimizeMode', 'Seedream is fast', {
    values: ['standard', 'fast'],
  }),
  field(
    ['seedream-4_5', 'seedream-5-lite'],
    'options.optimizeMode',
    'options.seedream.optimizeMode',
    'the later Seedreams have no fast mode',
    { values: ['standard'] },
  ),
  field(seedream, 'options.sequentialMode', 'options.seedream.sequentialMode', 'auto or disabled', {
    values: ['auto', 'disabled'],
  }),
  field(openai, 'resolution', 'options.openai.imageSize', 'imageSize of GPT Image 2', {
    values: ['1K', '2K', '4K'],
  }),
  field(openai, 'options.quality', 'options.openai.quality', 'four qualities', {
    values: ['auto', 'high', 'medium', 'low'],
  }),
  field(openai, 'options.background', 'options.openai.background', 'background, auto by default', {
    values: ['auto', 'opaque'],
    default: 'auto',
  }),
  field(openai, 'options.moderation', 'options.openai.moderation', 'moderation, auto by default', {
    values: ['auto', 'low'],
    default: 'auto',
  }),
  field(openai, 'options.outputFormat', 'options.openai.outputFormat', 'jpeg by default', {
    values: ['png', 'jpeg'],
    default: 'jpeg',
  }),
  field(openai, 'options.outputCompression', 'options.openai.outputCompression', '0 to 100', {
    is: 'integer',
    min: 0,
    max: 100,
  }),
  {
    document,
    says: 'outputCompression is only valid when outputFormat is jpeg',
    kind: 'rule',
    model: 'gpt-image-2',
    request: { options: { outputFormat: 'png', outputCompression: 80 } },
    refuses: 'options.outputCompression',
  },
  {
    document,
    says: 'sequentialMode is forced to auto with more than one image, so disabled buys the same',
    kind: 'rule',
    model: 'seedream-4_5',
    request: { outputs: 2, options: { sequentialMode: 'disabled' } },
    refuses: 'options.sequentialMode',
  },
  {
    document,
    says: 'sequentialMode may be disabled with one image',
    kind: 'rule',
    model: 'seedream-4_5',
    request: { options: { sequentialMode: 'disabled' } },
    refuses: undefined,
  },
  {
    document,
    says: 'outputFormat is jpeg where it is not sent, so outputCompression is valid',
    kind: 'rule',
    model: 'gpt-image-2',
    request: { options: { outputCompression: 80 } },
    refuses: undefined,
  },
];

const trained: readonly Row[] = [
  {
    document,
    says: 'most workflows of a trained model include a prompt, a preset or a reference',
    kind: 'prompt',
    models: ['trained'],
    prompt: 'optional',
  },
  ...(
    [
      ['nothing of them', { prompt: undefined }, 'prompt'],
      ['a preset', { prompt: undefined, options: { preset: 'noir' } }, undefined],
      ['a prompt', { prompt: 'a portrait' }, undefined],
    ] as const
  ).map(([what, request, refuses]): Row => ({
    document,
    says: `a trained model with ${what}`,
    kind: 'rule',
    model: 'trained',
    request: request as Partial<ShotRequest>,
    refuses,
  })),
  field(['trained'], 'options.preset', 'preset', 'a preset tag', { is: 'text' }),
  field(['trained'], 'options.width', 'width', 'output width in pixels', { is: 'integer', min: 1 }),
  field(['trained'], 'options.height', 'height', 'output height', { is: 'integer', min: 1 }),
  field(['trained'], 'outputs', 'numImages', 'number of images', { is: 'integer', min: 1 }),
  field(['trained'], 'options.steps', 'steps', 'generation steps', { is: 'integer', min: 1 }),
  field(['trained'], 'seed', 'seed', 'a seed for repeatable outputs', { is: 'integer' }),
  field(['trained'], 'options.runType', 'runType', 'an optional run mode', { is: 'text' }),
  field(['trained'], 'options.enhanceFace', 'enhanceFace', 'faces enhanced', { is: 'boolean' }),
  field(['trained'], 'options.styleStrength', 'styleStrength', 'how strong a reference is', {
    is: 'number',
  }),
  {
    document,
    says: 'an uploaded reference image goes into inputImageId',
    kind: 'references',
    models: ['trained'],
    min: 0,
    max: 1,
    as: 'remote',
    at: 'inputImageId',
    single: true,
  },
  {
    document,
    says: 'an existing image is upscaled by its imageID',
    kind: 'body',
    model: 'upscale',
    request: {},
    references: [{ remote: 'image-1' }],
    path: '/images/upscaling',
    body: { imageID: 'image-1' },
  },
];

const headshot = {
  prompt: 'professional studio headshot, charcoal blazer, soft key light',
  width: 1024,
  height: 1024,
  numImages: 1,
  steps: 30,
  seed: 0,
  enhanceFace: true,
};
const bottle = {
  modelID: 'gpt-image-2',
  prompt: 'minimal product photo of a matte black water bottle on marble',
  preset: 'editorial',
  aspectRatio: '1:1',
  numImages: 1,
  referenceImageURLs: ['https://example.com/reference-product.png'],
  options: { openai: { imageSize: '1K', quality: 'high', outputFormat: 'jpeg' } },
};
const perfume = {
  modelID: 'gpt-image-2',
  prompt: 'A cinematic product photo of a silver perfume bottle',
  aspectRatio: '1:1',
  numImages: 1,
  options: { openai: { imageSize: '1K', outputFormat: 'jpeg', quality: 'high' } },
};

const bodies: readonly Row[] = [
  {
    document,
    says: 'the example of a trained model',
    kind: 'body',
    model: 'trained',
    trainedModel: 'model-1',
    request: {
      prompt: headshot.prompt,
      outputs: 1,
      seed: 0,
      options: { width: 1024, height: 1024, steps: 30, enhanceFace: true },
    },
    path: '/images/generation',
    body: { modelID: 'model-1', ...headshot },
  },
  {
    document,
    says: 'the example of a trained model with a reference',
    kind: 'body',
    model: 'trained',
    trainedModel: 'model-1',
    request: {
      prompt: 'cinematic portrait, warm window light',
      outputs: 1,
      options: { width: 1024, height: 1024, styleStrength: 0.35 },
    },
    references: [{ remote: 'image-1' }],
    path: '/images/generation',
    body: {
      modelID: 'model-1',
      prompt: 'cinematic portrait, warm window light',
      inputImageId: 'image-1',
      styleStrength: 0.35,
      numImages: 1,
      width: 1024,
      height: 1024,
    },
  },
  {
    document,
    says: 'the example of GPT Image 2',
    kind: 'body',
    model: 'gpt-image-2',
    request: {
      prompt: bottle.prompt,
      aspectRatio: '1:1',
      resolution: '1K',
      outputs: 1,
      options: { preset: 'editorial', quality: 'high', outputFormat: 'jpeg' },
    },
    references: [{ url: 'https://example.com/reference-product.png' }],
    path: '/images/generation',
    body: bottle,
  },
  {
    document: 'PhotoGPT API reference',
    says: 'the example of a request',
    kind: 'body',
    model: 'gpt-image-2',
    request: {
      prompt: perfume.prompt,
      aspectRatio: '1:1',
      resolution: '1K',
      outputs: 1,
      options: { outputFormat: 'jpeg', quality: 'high' },
    },
    path: '/images/generation',
    body: perfume,
  },
];

const answers: readonly Row[] = [
  {
    document,
    says: 'a start answers result.jobId',
    kind: 'started',
    status: 200,
    answer: { status: 'OK', result: { jobId: 'job-1' } },
    id: 'job-1',
  },
  ...['created', 'queued', 'running', 'QUEUED'].map((status): Row => ({
    document,
    says: `${status} is running, in any case of letters`,
    kind: 'state',
    answer: { result: { status } },
    state: { state: 'pending' },
  })),
  {
    document,
    says: 'success has images with id and url',
    kind: 'state',
    answer: {
      result: { status: 'Success', images: [{ id: 'i-1', url: 'https://example.com/1' }] },
    },
    state: {
      state: 'succeeded',
      outputs: [{ remote: 'i-1', url: 'https://example.com/1', expiresAt: null }],
    },
  },
  {
    document,
    says: 'what is neither running nor success is a failure, with its word where no error is given',
    kind: 'state',
    answer: { result: { status: 'canceled' } },
    state: { state: 'failed', reason: 'PhotoGPT reports canceled without a reason' },
  },
  {
    document,
    says: 'a failed job says why in error',
    kind: 'state',
    answer: { result: { status: 'failed', error: 'the prompt was blocked' } },
    state: { state: 'failed', reason: 'the prompt was blocked' },
  },
];

function onPage(of: Row['document'], says: string, docs: string): Row {
  return { document: of, says, kind: 'page', docs };
}

const pages: readonly Row[] = [
  onPage(
    document,
    'dimensions of GPT Image 2 are constrained',
    'edges are at most 3840 px and multiples of 16',
  ),
  onPage(
    document,
    'sequentialMode is forced to auto when numImages > 1',
    'always auto with more than one output',
  ),
  onPage(
    document,
    'output images of a model are listed, and any image is inspected later',
    'images that a model made are not listed',
  ),
  onPage(
    'PhotoGPT API reference',
    'generated videos are listed, inspected and deleted',
    'videos are not listed or deleted',
  ),
  onPage('PhotoGPT API reference', 'the availability is checked', '`GET /ping`'),
  onPage(
    'PhotoGPT API reference',
    'readiness of a training is tracked through the model',
    'readiness is asked of `GET /models/{id}`',
  ),
];

export const photogpt: SeedTable = {
  vendor: 'photogpt',
  apiKey: '<YOUR_API_KEY>',
  headers: { authorization: 'Bearer <YOUR_API_KEY>', 'api-version': '1' },
  start: {
    url: 'https://developer.photogptai.com/api/images/generation',
    path: '/images/generation',
    status: 200,
    answer: { status: 'OK', result: { jobId: 'job-1' } },
  },
  rows: [...common, ...options, ...trained, ...bodies, ...answers, ...pages],
  examples: [
    {
      document,
      says: 'a trained model',
      method: 'POST',
      path: '/images/generation',
      json: { modelID: '<MODEL_ID>', ...headshot },
      status: 200,
      answers: { 'result.jobId': undefined },
    },
    {
      document,
      says: 'a reference is uploaded first',
      method: 'POST',
      path: '/images/upload',
      form: { modelID: '<MODEL_ID>', type: 'auxiliaryType' },
      status: 200,
      answers: { 'result.id': '<REFERENCE_ID>' },
    },
    {
      document,
      says: 'a trained model with a reference',
      method: 'POST',
      path: '/images/generation',
      json: {
        modelID: '<MODEL_ID>',
        prompt: 'cinematic portrait, warm window light',
        inputImageId: '<REFERENCE_ID>',
        styleStrength: 0.35,
        numImages: 1,
        width: 1024,
        height: 1024,
      },
      status: 200,
      answers: { 'result.jobId': undefined },
    },
    {
      document,
      says: 'GPT Image 2 with a reference',
      method: 'POST',
      path: '/images/generation',
      json: bottle,
      status: 200,
      answers: { 'result.jobId': '<JOB_ID>' },
    },
    {
      document,
      says: 'the job is polled',
      method: 'GET',
      path: '/jobs/<JOB_ID>',
      status: 200,
      answers: { 'result.images.0.id': '<IMAGE_ID>', 'result.images.0.url': undefined },
      afterJobs: true,
    },
    {
      document,
      says: 'an image is inspected later',
      method: 'GET',
      path: '/images/<IMAGE_ID>',
      status: 200,
      answers: { 'result.url': undefined },
    },
    {
      document,
      says: 'output images of a model',
      method: 'GET',
      path: '/models/<MODEL_ID>/images?imageType=output&pageNum=1&pageSize=20',
      status: 200,
      answers: { 'result.0.url': undefined },
    },
    {
      document: 'PhotoGPT API reference',
      says: 'the request in curl',
      method: 'POST',
      path: '/images/generation',
      json: perfume,
      status: 200,
      answers: { 'result.jobId': undefined },
    },
  ],
};
