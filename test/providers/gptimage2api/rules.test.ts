import { describe, expect, it } from 'vitest';
import { checkRequest, type RequestDraft } from '../../../src/batch/checks/check-request.ts';
import type { AccountSpec } from '../../../src/batch/model-spec.ts';
import type { JsonObject } from '../../../src/json.ts';
import { gptimage2api } from '../../../src/providers/gptimage2api/index.ts';
import { nothingLearned } from '../../../src/providers/port.ts';
import { failure, serve } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';

const offerOf = (settings: JsonObject = {}) => gptimage2api.offer(settings, nothingLearned);
const offer = offerOf();
const start = startOf('gpt-image-2', { prompt: 'a chair' });

const invalid = (fieldErrors: object, formErrors: readonly string[] = []): string =>
  JSON.stringify({ error: 'Invalid request', details: { formErrors, fieldErrors } });

const said = (text: string): string => `GPTImage2API answered ${text}`;

describe('classify', () => {
  it.each([
    [
      400,
      invalid({ prompt: ['Prompt is required'], aspectRatio: ['Odd', 'Odd'] }, ['Too much']),
      'refused',
      { kind: 'fine' },
      said('400: Invalid request; Too much; prompt: Prompt is required; aspectRatio: Odd'),
    ],
    [
      400,
      '{"error":"Invalid request","details":{}}',
      'refused',
      { kind: 'fine' },
      said('400: Invalid request'),
    ],
    [
      400,
      '{"error":"Invalid request","details":"odd"}',
      'refused',
      { kind: 'fine' },
      said('400: Invalid request'),
    ],
    [401, '{"error":"Unauthorized"}', 'refused', { kind: 'badKey' }, said('401: Unauthorized')],
    [
      402,
      '{"error":"Insufficient credits","required":12}',
      'refused',
      { kind: 'noFunds' },
      said('402: Insufficient credits; needs 12'),
    ],
    [403, '{"error":"IP"}', 'refused', { kind: 'forbidden' }, said('403: IP')],
    [404, '{"error":"Task not found"}', 'refused', { kind: 'fine' }, said('404: Task not found')],
    [429, '', 'refused', { kind: 'limited', retryAfterMs: 7_000 }, said('429: no explanation')],
    [500, '{"error":"string"}', 'ambiguous', { kind: 'fine' }, said('500: string')],
    [
      502,
      '<html></html>',
      'ambiguous',
      { kind: 'unreachable', retryAfterMs: 7_000 },
      said('502: a web page'),
    ],
  ])('%i %s', async (status, body, request, account, message) => {
    const { url } = await serve((_, response) =>
      response.writeHead(status, { 'retry-after': '7' }).end(body),
    );
    const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings: {} });
    const error = await failure(provider.start(start, openDeadline));
    expect(provider.classify(error)).toEqual({ request, account, message });
  });
});

describe('verify', () => {
  it.each([
    [404, '{"error":"Task not found"}', 'good'],
    [200, '{"status":0}', 'good'],
    [401, '{"error":"Unauthorized"}', 'refused'],
    [404, '<html>no such page</html>', 'ambiguous'],
    [200, '<html>sign in to the network</html>', 'ambiguous'],
    [500, '{"error":"string"}', 'unreachable'],
  ])('%i %s: %s', async (status, body, key) => {
    const { url, received } = await serve((_, response) => response.writeHead(status).end(body));
    const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings: {} });
    expect(await provider.verify()).toMatchObject({ key, balance: null });
    expect(received[0]).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer k-1' } });
    expect(received[0]?.url).toMatch(/^\/api\/ai\/tasks\/tsk_/);
  });
});

type Fields = Parameters<typeof startOf>[1];

const priceOf = (model: string, fields: Fields = {}, settings: JsonObject = {}) => {
  const { amount, basis } = offerOf(settings).price(startOf(model, fields).request, {});
  return [amount === null ? null : amount / 1_000, basis];
};

describe('price', () => {
  it.each<[string, Fields, number]>([
    ['gpt-image-2', {}, 3],
    ['gpt-image-2', { resolution: '4K', options: { outputFormat: 'png' } }, 3],
    ['google/nano-banana', {}, 3],
    ['nano-banana-2', { resolution: '1K' }, 4],
    ['nano-banana-2', { resolution: '2K' }, 6],
    ['nano-banana-2', { resolution: '4K' }, 8],
    ['nano-banana-pro', { resolution: '2K' }, 12],
    ['nano-banana-pro', { resolution: '4K' }, 20],
    ['kling/v2-1-standard', { duration: 5 }, 11],
    ['kling/v2-1-standard', { duration: 10 }, 22],
    ['kling/v2-1-pro', { duration: 10 }, 42],
    ['kling/v2-1-master-text-to-video', { duration: 5 }, 67],
    ['hailuo/02-text-to-video-standard', { duration: 10 }, 21],
    ['hailuo/02-image-to-video-pro', { duration: 5 }, 24],
    ['veo3_fast', {}, 9],
    ['veo3', { duration: 8 }, 63],
    ['veo3_lite', {}, 5],
  ])('knows exactly what %s %j costs', (model, fields, credits) => {
    expect(priceOf(model, fields)).toEqual([credits, 'exact']);
  });

  it.each<[string, Fields, number]>([
    ['nano-banana-2', {}, 8],
    ['nano-banana-pro', {}, 20],
    ['kling/v2-1-pro', {}, 42],
    ['sora-2-text-to-video', { resolution: '720p', duration: 5 }, 20],
    ['sora-2-image-to-video', {}, 30],
    ['sora-2-pro-text-to-video', { resolution: '1080p' }, 96],
    ['gpt-image-2', { options: { providerInput: { n: 4 } } }, 3],
    ['veo3', { options: { audio: true } }, 63],
  ])('assumes the dearest that %s %j may cost', (model, fields, credits) => {
    expect(priceOf(model, fields)).toEqual([credits, 'assumed']);
  });

  it('does not know what the documents do not say', () => {
    expect(priceOf('wan/2-6-text-to-video', { duration: 5 })).toEqual([null, 'unknown']);
    expect(priceOf('bytedance/seedance-1.5-pro')).toEqual([null, 'unknown']);
    expect(priceOf('newer-than-this')).toEqual([null, 'unknown']);
    expect(offer.trainingPrice({}).basis).toBe('unknown');
  });

  it('believes the owner of the account about the default resolution', () => {
    const settings = { defaultResolution: '1K' };
    expect(priceOf('nano-banana-2', {}, settings)).toEqual([4, 'assumed']);
    expect(priceOf('nano-banana-2', { resolution: '2K' }, settings)).toEqual([6, 'exact']);
    expect(priceOf('nano-banana-pro', {}, settings)).toEqual([20, 'assumed']);
  });

  it('follows the prices of the account', () => {
    const { request } = startOf('wan/2-6-text-to-video', {});
    const own = offer.price(request, { 'wan/2-6-text-to-video': '30' });
    expect(own).toEqual({ amount: 30_000, unit: 'credits', basis: 'assumed' });
  });
});

function problemsOf(model: string, draft: Partial<RequestDraft>): string[] {
  const spec = offer.models.find(({ id }) => id === model);
  if (!spec) throw new Error(`no model ${model}`);
  const account: AccountSpec = {
    name: 'g',
    key: 'g@x',
    vendor: 'gptimage2api',
    unit: 'credits',
    models: offer.models,
    training: undefined,
    hostsFiles: false,
    price: (request) => offer.price(request, {}),
    trainingPrice: () => offer.trainingPrice({}),
  };
  const whole = { prompt: 'a chair', fields: {}, options: {}, references: [], ...draft };
  const choice = { kind: 'public', id: model } as const;
  return checkRequest({ choice, ...whole }, account, spec).problems.map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

const links = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    reference: { kind: 'link', url: `https://example.com/${index}.png` } as const,
    media: undefined,
    label: String(index),
  }));

describe('limits', () => {
  it.each([
    ['gpt-image-2', 20_000, 4],
    ['nano-banana-2', 20_000, 14],
    ['nano-banana-pro', 10_000, 8],
    ['google/nano-banana', 5_000, 10],
  ])('%s takes prompts of %i characters and %i references', (model, characters, references) => {
    const prompt = 'x'.repeat(characters);
    expect(problemsOf(model, { prompt, references: links(references) })).toEqual([]);
    expect(problemsOf(model, { prompt: `${prompt}x` })).toHaveLength(1);
    expect(problemsOf(model, { references: links(references + 1) })).toHaveLength(1);
  });

  it.each<[string, Partial<RequestDraft>, string]>([
    ['gpt-image-2', { fields: { aspectRatio: '4:6' } }, 'aspectRatio'],
    ['nano-banana-pro', { fields: { resolution: '1K' } }, 'resolution'],
    ['nano-banana-2', { fields: { outputs: 2 } }, 'outputs'],
    ['nano-banana-2', { fields: { seed: 2 } }, 'seed'],
    ['gpt-image-2', { options: { providerInput: ['x'] } }, 'options.providerInput'],
    ['gpt-image-2', { options: { inputImageUrls: ['x'] } }, 'options.inputImageUrls'],
    ['gpt-image-2', { options: { quality: 'high' } }, 'options.quality'],
    ['veo3', { options: { inputMode: 'text_to_video' } }, 'options.inputMode'],
    ['veo3', { fields: { duration: 5 } }, 'duration'],
    ['veo3', { references: links(2) }, 'references'],
    ['kling/v2-1-pro', { fields: { duration: 15 }, references: links(1) }, 'duration'],
    ['kling/v2-1-pro', {}, 'references'],
    ['sora-2-text-to-video', { references: links(1) }, 'references'],
    ['sora-2-text-to-video', { fields: { resolution: '4K' } }, 'resolution'],
  ])('%s refuses %j', (model, draft, field) => {
    expect(problemsOf(model, draft)).toEqual([expect.stringMatching(`^${field}: `)]);
  });

  it('takes what the documents leave open', () => {
    const fields = { aspectRatio: '7:3', resolution: '8K' };
    const options = { outputFormat: 'webp', providerInput: { style: 'raw' } };
    expect(problemsOf('google/nano-banana', { fields, options })).toEqual([]);
    expect(problemsOf('veo3', { options: { anything: 1 } })).toEqual([]);
  });

  it('refuses settings that it does not know', () => {
    const accepts = (settings: object) => gptimage2api.settings.safeParse(settings).success;
    expect(accepts({ outputFormatField: 'output_format', outputLifetime: '24h' })).toBe(true);
    expect(accepts({ defaultResolution: '8K' })).toBe(false);
    expect(accepts({ dialect: 'a' })).toBe(false);
  });
});
