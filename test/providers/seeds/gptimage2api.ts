import type { Row, SeedTable } from './rows.ts';

const document = 'GPTImage2API generate image';
const table = [
  { model: 'gpt-image-2', references: 4, promptMaxLength: 20_000 },
  { model: 'nano-banana-2', references: 14, promptMaxLength: 20_000 },
  { model: 'nano-banana-pro', references: 8, promptMaxLength: 10_000 },
  { model: 'google/nano-banana', references: 10, promptMaxLength: 5_000 },
];
const models = table.map(({ model }) => model);
const prices: readonly [string, string | undefined, string][] = [
  ['gpt-image-2', undefined, '3'],
  ['nano-banana-2', '1K', '4'],
  ['nano-banana-2', '2K', '6'],
  ['nano-banana-2', '4K', '8'],
  ['nano-banana-pro', '2K', '12'],
  ['nano-banana-pro', '4K', '20'],
  ['google/nano-banana', undefined, '3'],
];
const bottle = {
  prompt: 'A luxury skincare bottle on warm paper, embossed serif label, soft editorial side light',
  model: 'gpt-image-2',
  aspectRatio: '4:5',
};
const submitted = { taskId: 'tsk_01J9XA5M2R9W4QZC4PYJF3N7ND', status: 0, creditsUsed: 12 };

const supported: readonly Row[] = [
  ...table.flatMap(({ model, references: max, promptMaxLength }): Row[] => [
    {
      document,
      says: `${model} takes up to ${max} references, or none`,
      kind: 'references',
      models: [model],
      min: 0,
      max,
      as: 'url',
      at: 'inputImageUrls',
    },
    {
      document,
      says: `${model} needs a prompt of at most ${promptMaxLength} characters`,
      kind: 'prompt',
      models: [model],
      prompt: 'required',
      maxLength: promptMaxLength,
    },
  ]),
  ...prices.map(([model, resolution, amount]): Row => ({
    document,
    says: `${model} costs ${amount} credits${resolution ? ` in ${resolution}` : ' per call'}`,
    kind: 'price',
    model,
    ...(resolution && { request: { resolution } }),
    amount,
  })),
  {
    document,
    says: 'edits of gpt-image-2 cost the same flat price',
    kind: 'price',
    model: 'gpt-image-2',
    request: { references: [{ kind: 'link', url: 'https://example.com/bottle.png' }] },
    amount: '3',
  },
];

const fields: readonly Row[] = [
  {
    document,
    says: 'aspectRatio of gpt-image-2',
    kind: 'field',
    models: ['gpt-image-2'],
    field: 'aspectRatio',
    at: 'aspectRatio',
    is: 'choice',
    values: ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '4:5', '5:4', '21:9'],
  },
  {
    document,
    says: 'aspectRatio is the safest layout control of every model',
    kind: 'field',
    models: models.slice(1),
    field: 'aspectRatio',
    at: 'aspectRatio',
    is: 'text',
  },
  {
    document,
    says: 'nano-banana-2 is priced by 1K, 2K and 4K',
    kind: 'field',
    models: ['nano-banana-2'],
    field: 'resolution',
    at: 'resolution',
    is: 'choice',
    values: ['1K', '2K', '4K'],
  },
  {
    document,
    says: 'nano-banana-pro is priced by 2K and 4K',
    kind: 'field',
    models: ['nano-banana-pro'],
    field: 'resolution',
    at: 'resolution',
    is: 'choice',
    values: ['2K', '4K'],
  },
  {
    document,
    says: 'output format is one of the model-specific knobs',
    kind: 'field',
    models,
    field: 'options.outputFormat',
    at: 'outputFormat',
    is: 'text',
  },
  {
    document,
    says: 'providerInput passes on what the provider takes',
    kind: 'field',
    models,
    field: 'options.providerInput',
    at: 'providerInput',
    is: 'json',
  },
];

const bodies: readonly Row[] = [
  {
    document,
    says: 'the example: without inputImageUrls it generates',
    kind: 'body',
    model: 'gpt-image-2',
    request: { prompt: bottle.prompt, aspectRatio: '4:5' },
    path: '/api/ai/image/generate',
    body: bottle,
  },
  {
    document,
    says: 'with inputImageUrls it edits',
    kind: 'body',
    model: 'gpt-image-2',
    request: { prompt: 'the same bottle in blue' },
    references: [{ url: 'https://example.com/bottle.png' }],
    path: '/api/ai/image/generate',
    body: {
      prompt: 'the same bottle in blue',
      model: 'gpt-image-2',
      inputImageUrls: ['https://example.com/bottle.png'],
    },
  },
];

const answers: readonly Row[] = [
  {
    document,
    says: 'a start answers taskId',
    kind: 'started',
    status: 200,
    answer: submitted,
    id: submitted.taskId,
  },
  {
    document,
    says: 'status 0 is the state of a new task',
    kind: 'state',
    answer: submitted,
    state: { state: 'pending', known: true },
  },
  {
    document,
    says: 'creditsUsed of the answer is what was billed',
    kind: 'state',
    answer: { status: 1, imageUrls: ['https://example.com/1'] },
    state: {
      state: 'succeeded',
      outputs: [{ remote: null, url: 'https://example.com/1', expiresAt: null }],
      billed: 12_000,
    },
  },
  {
    document,
    says: 'credits come back automatically when the task fails',
    kind: 'state',
    answer: { status: 2 },
    state: { state: 'failed', refunded: 'promised' },
  },
  {
    document,
    says: 'an invalid request has details',
    kind: 'error',
    status: 400,
    answer: { error: 'Invalid request', details: {} },
    request: 'refused',
    account: { kind: 'fine' },
    text: 'Invalid request',
  },
  {
    document,
    says: 'a bad key is unauthorized',
    kind: 'error',
    status: 401,
    answer: { error: 'Unauthorized' },
    request: 'refused',
    account: { kind: 'badKey' },
    text: 'Unauthorized',
  },
  {
    document,
    says: 'want of credits says what is required',
    kind: 'error',
    status: 402,
    answer: { error: 'Insufficient credits', required: 12 },
    request: 'refused',
    account: { kind: 'noFunds' },
    text: '12',
  },
  {
    document,
    says: 'anything else is one line of text',
    kind: 'error',
    status: 500,
    answer: { error: 'string' },
    request: 'ambiguous',
    account: { kind: 'fine' },
    text: 'string',
  },
];

const pages: readonly Row[] = [
  {
    document,
    says: 'the dashboard uses a session cookie instead of a key',
    kind: 'page',
    docs: 'session cookie',
  },
  {
    document,
    says: 'output format and similar knobs are model-specific and not printed',
    kind: 'page',
    docs: 'outputFormatField',
  },
];

export const gptimage2api: SeedTable = {
  vendor: 'gptimage2api',
  apiKey: '<key>',
  headers: { authorization: 'Bearer <key>' },
  start: {
    url: 'https://gptimage2api.org/api/ai/image/generate',
    path: '/api/ai/image/generate',
    status: 200,
    answer: submitted,
  },
  rows: [...supported, ...fields, ...bodies, ...answers, ...pages],
  examples: [
    {
      document,
      says: 'a luxury skincare bottle',
      method: 'POST',
      path: '/api/ai/image/generate',
      json: bottle,
      status: 200,
      answers: { taskId: undefined, status: undefined, creditsUsed: undefined },
    },
  ],
};
