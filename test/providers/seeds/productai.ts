import type { Row, SeedTable } from './rows.ts';

const document = 'ProductAI generate';
const credits = {
  nanobanana2: 5,
  nanobananapro: 8,
  nanobanana: 3,
  'kontext-pro': 3,
  'kontext-max': 3,
  seedream: 3,
  'gpt-high': 8,
};
const models = Object.keys(credits);
const marble = {
  model: 'nanobanana2',
  image_url: 'https://example.com/product.jpg',
  prompt:
    'Place the product on a marble table with soft natural lighting and a minimalist background',
  num_images: 2,
  aspect_ratio: '1:1',
};
const softMarble = {
  model: 'nanobanana2',
  image_url: 'https://example.com/product.jpg',
  prompt: 'Place the product on a marble table with soft lighting',
};
const product = [{ url: 'https://example.com/product.jpg' }];

const parameters: readonly Row[] = [
  { document, says: 'prompt is required', kind: 'prompt', models, prompt: 'required' },
  {
    document,
    says: 'image_url is the image of the product',
    kind: 'references',
    models,
    min: 1,
    max: 1,
    as: 'url',
    at: 'image_url',
    single: true,
  },
  {
    document,
    says: 'asset_id names one that was uploaded; one of the two is required',
    kind: 'references',
    models,
    min: 1,
    max: 1,
    as: 'remote',
    at: 'asset_id',
    single: true,
  },
  {
    document,
    says: 'preset_id names a preset',
    kind: 'field',
    models,
    field: 'options.preset_id',
    at: 'preset_id',
    is: 'text',
  },
  {
    document,
    says: 'num_images is 1 by default and at most 4',
    kind: 'field',
    models,
    field: 'outputs',
    at: 'num_images',
    is: 'integer',
    min: 1,
    max: 4,
    default: 1,
  },
  {
    document,
    says: 'aspect_ratio has five values, 1:1 by default',
    kind: 'field',
    models,
    field: 'aspectRatio',
    at: 'aspect_ratio',
    is: 'choice',
    values: ['1:1', '4:3', '3:4', '16:9', '9:16'],
    default: '1:1',
  },
  {
    document,
    says: 'a preset may stand instead of a custom prompt, which is required all the same',
    kind: 'page',
    docs: 'promptWithPreset',
  },
  { document, says: 'webhook_url receives a POST', kind: 'page', docs: 'webhook_url' },
];

const prices = Object.entries(credits).map(([model, amount]): Row => ({
  document,
  says: `${model} costs ${amount} credits`,
  kind: 'price',
  model,
  amount: String(amount),
}));

const bodies: readonly Row[] = [
  {
    document,
    says: 'the example in curl',
    kind: 'body',
    model: 'nanobanana2',
    request: { prompt: marble.prompt, outputs: 2, aspectRatio: '1:1' },
    references: product,
    path: '/generate',
    body: marble,
  },
  {
    document,
    says: 'the examples in Python and JavaScript',
    kind: 'body',
    model: 'nanobanana2',
    request: { prompt: softMarble.prompt },
    references: product,
    path: '/generate',
    body: softMarble,
  },
];

const accepted = {
  job_id: 'job_abc123xyz',
  status: 'pending',
  created_at: '2024-01-15T10:30:00Z',
  estimated_time_seconds: 30,
  model: 'nanobanana2',
  num_images: 2,
};

const answers: readonly Row[] = [
  {
    document,
    says: 'a start is answered 202 with job_id',
    kind: 'started',
    status: 202,
    answer: accepted,
    id: 'job_abc123xyz',
  },
  ...['pending', 'processing'].map((status): Row => ({
    document,
    says: `${status} is running`,
    kind: 'state',
    answer: { ...accepted, status },
    state: { state: 'pending', known: true },
  })),
  {
    document,
    says: 'completed is done',
    kind: 'state',
    answer: { ...accepted, status: 'completed', images: [{ url: 'https://example.com/1' }] },
    state: {
      state: 'succeeded',
      outputs: [{ remote: null, url: 'https://example.com/1', expiresAt: null }],
    },
  },
  {
    document,
    says: 'failed is failed',
    kind: 'state',
    answer: { ...accepted, status: 'failed' },
    state: { state: 'failed' },
  },
  {
    document,
    says: '400 names the parameter that is missing',
    kind: 'error',
    status: 400,
    answer: { error: { code: 'invalid_request', message: 'Missing required parameter: prompt' } },
    request: 'refused',
    account: { kind: 'fine' },
    text: 'Missing required parameter: prompt',
  },
  {
    document,
    says: '401 is a bad key',
    kind: 'error',
    status: 401,
    answer: { error: { code: 'unauthorized', message: 'Invalid or missing API key' } },
    request: 'refused',
    account: { kind: 'badKey' },
    text: 'Invalid or missing API key',
  },
  {
    document,
    says: '402 is an account without credits',
    kind: 'error',
    status: 402,
    answer: {
      error: {
        code: 'insufficient_credits',
        message: 'Not enough credits. Required: 5, Available: 2',
      },
    },
    request: 'refused',
    account: { kind: 'noFunds' },
    text: 'Required: 5, Available: 2',
  },
  {
    document,
    says: '429 tells in its body when to try again',
    kind: 'error',
    status: 429,
    answer: {
      error: {
        code: 'rate_limit_exceeded',
        message: 'Rate limit exceeded. Try again in 60 seconds.',
        retry_after: 60,
      },
    },
    request: 'refused',
    account: { kind: 'limited', retryAfterMs: 60_000 },
    text: 'Rate limit exceeded',
  },
];

export const productai: SeedTable = {
  vendor: 'productai',
  apiKey: 'YOUR_API_KEY',
  headers: { authorization: 'Bearer YOUR_API_KEY' },
  start: {
    url: 'https://api.productai.photo/v1/generate',
    path: '/generate',
    status: 202,
    answer: accepted,
  },
  rows: [...parameters, ...prices, ...bodies, ...answers],
  examples: [marble, softMarble].map((json) => ({
    document,
    says: json.prompt,
    method: 'POST' as const,
    path: '/generate',
    json,
    status: 202,
    answers: {
      job_id: undefined,
      status: undefined,
      created_at: undefined,
      estimated_time_seconds: undefined,
      model: undefined,
      num_images: undefined,
    },
  })),
};
