import type { FieldRow, Row, SeedTable } from './rows.ts';

const document = 'Wonda image generation';
const bananas = ['nano-banana-2', 'nano-banana-pro'];
const groks = ['grok-imagine', 'grok-imagine-pro'];
const worded = [...bananas, 'seedream-4-5', 'z-image', 'gpt-image-1-5', ...groks];

function choice(
  models: readonly string[],
  field: string,
  values: readonly string[],
  preset: string,
): Row {
  const name = field.replace('options.', '');
  const row: FieldRow = {
    kind: 'field',
    models,
    field,
    at: `params.${name}`,
    is: 'choice',
    values,
    default: preset,
  };
  return { document, says: `${name} of ${models.join(', ')}`, ...row };
}

function attachments(models: readonly string[], min: number, max: number): Row {
  return {
    document,
    says: `${min} to ${max} attachments of ${models.join(', ')}`,
    kind: 'references',
    models,
    min,
    max,
    as: 'remote',
    at: 'attachmentMediaIds',
  };
}

const mug = {
  model: 'nano-banana-2',
  prompt: 'A polished product shot of a ceramic mug on travertine',
  params: { aspectRatio: '1:1', resolution: '1K' },
};
const bananaRatios = ['9:16', '16:9', '1:1', '4:5', '4:3', '3:4', '3:2', '2:3', '21:9'];
const grokRatios = ['9:16', '16:9', '1:1', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2', 'auto'];

export const wonda: SeedTable = {
  vendor: 'wonda',
  apiKey: 'sk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  headers: {
    authorization: 'Bearer sk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  },
  start: {
    url: '/api/v1/image/generate',
    path: '/image/generate',
    status: 200,
    answer: { inferenceJobId: 'ij_1' },
  },
  rows: [
    { document, says: 'prompt required', kind: 'prompt', models: worded, prompt: 'required' },
    {
      document,
      says: 'no prompt needed',
      kind: 'prompt',
      models: ['birefnet-bg-removal', 'runware-vectorize'],
      prompt: 'none',
    },
    choice(
      ['nano-banana-2'],
      'aspectRatio',
      [...bananaRatios, '8:1', '1:8', '4:1', '1:4', 'auto'],
      '9:16',
    ),
    choice(['nano-banana-pro'], 'aspectRatio', [...bananaRatios, 'auto'], '9:16'),
    choice(bananas, 'resolution', ['1K', '2K', '4K'], '1K'),
    {
      document,
      says: 'an optional style UUID',
      kind: 'field',
      models: bananas,
      field: 'options.styleId',
      at: 'params.styleId',
      is: 'text',
    },
    attachments(bananas, 0, 14),
    choice(
      ['seedream-4-5'],
      'aspectRatio',
      ['1:1', '4:3', '3:4', '16:9', '9:16', '3:2', '2:3', '21:9'],
      '16:9',
    ),
    choice(['seedream-4-5'], 'resolution', ['2K', '4K'], '2K'),
    attachments(['seedream-4-5'], 0, 14),
    choice(
      ['z-image'],
      'aspectRatio',
      ['1:1', '21:9', '16:9', '4:3', '3:2', '2:3', '3:4', '9:16', '9:21'],
      '9:16',
    ),
    attachments(['z-image'], 0, 0),
    choice(['gpt-image-1-5'], 'aspectRatio', ['1:1', '16:9', '9:16'], '9:16'),
    choice(['gpt-image-1-5'], 'options.quality', ['auto', 'high', 'medium', 'low'], 'auto'),
    choice(['gpt-image-1-5'], 'options.background', ['auto', 'transparent', 'opaque'], 'auto'),
    attachments(['gpt-image-1-5'], 0, 16),
    choice(groks, 'aspectRatio', grokRatios, '9:16'),
    choice(groks, 'resolution', ['1k', '2k'], '1k'),
    attachments(groks, 0, 1),
    choice(
      ['birefnet-bg-removal'],
      'options.bgRemovalModel',
      ['portrait', 'general-fast', 'general-premium'],
      'general-fast',
    ),
    choice(['birefnet-bg-removal'], 'options.quality', ['low', 'high'], 'low'),
    attachments(['birefnet-bg-removal'], 1, 1),
    choice(
      ['runware-vectorize'],
      'options.vectorizeModel',
      ['recraft:1@1', 'picsart:1@1'],
      'recraft:1@1',
    ),
    attachments(['runware-vectorize'], 1, 1),
    {
      document,
      says: 'the example of a request',
      kind: 'body',
      model: 'nano-banana-2',
      request: { prompt: mug.prompt, aspectRatio: '1:1', resolution: '1K' },
      path: '/image/generate',
      body: mug,
    },
    {
      document,
      says: 'attachments are positional',
      kind: 'body',
      model: 'nano-banana-2',
      request: { prompt: 'both, side by side' },
      references: [{ remote: 'media-2' }, { remote: 'media-1' }],
      path: '/image/generate',
      body: {
        model: 'nano-banana-2',
        prompt: 'both, side by side',
        attachmentMediaIds: ['media-2', 'media-1'],
      },
    },
    {
      document,
      says: 'a start answers inferenceJobId',
      kind: 'started',
      status: 200,
      answer: { inferenceJobId: 'ij_1' },
      id: 'ij_1',
    },
  ],
  examples: [
    {
      document,
      says: 'a mug on travertine',
      method: 'POST',
      path: '/image/generate',
      json: mug,
      status: 200,
      answers: { inferenceJobId: undefined },
    },
  ],
};
