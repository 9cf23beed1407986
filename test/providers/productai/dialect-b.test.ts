import { describe, expect, it } from 'vitest';
import { nothingLearned } from '../../../src/providers/port.ts';
import { productai } from '../../../src/providers/productai/index.ts';
import { failure, json, serve } from '../../http/server.ts';
import { existing, openDeadline, startOf } from '../requests.ts';
import { against as againstAny, connect as connectTo, fileOf } from './against.ts';

const settings = { dialect: 'b' };
const against = (answers: Readonly<Record<string, unknown>>, more = {}) =>
  againstAny(answers, { ...settings, ...more });
const connect = (url: string) => connectTo(url, settings);

const images = [{ remote: 'https://x/1', url: 'https://x/1' }, { url: 'https://x/2' }];
const one = images.slice(0, 1);
const start = startOf('seedream', { prompt: 'a' }, one);

describe('start', () => {
  const video = { prompt: 'waves', aspectRatio: '16:9', duration: 8 };

  it.each([
    [
      'one image as text',
      startOf('kontext-pro', { prompt: 'a', aspectRatio: 'SQUARE' }, one),
      '/api/generate',
      { model: 'kontext-pro', image_url: 'https://x/1', prompt: 'a', aspect_ratio: 'SQUARE' },
    ],
    [
      'several as a list, with options',
      startOf(
        'nanobananapro',
        { prompt: 'a', resolution: '4K', options: { output_format: 'jpg' } },
        images,
      ),
      '/api/generate',
      {
        model: 'nanobananapro',
        image_url: ['https://x/1', 'https://x/2'],
        prompt: 'a',
        resolution: '4K',
        output_format: 'jpg',
      },
    ],
    [
      'a video out of nothing',
      {
        ...startOf('seedance', {
          ...video,
          resolution: '1080p',
          options: { generate_audio: true },
        }),
        makes: 'video' as const,
      },
      '/api/generate-video',
      {
        model: 'seedance',
        prompt: 'waves',
        aspect_ratio: '16:9',
        resolution: '1080p',
        duration: 8,
        generate_audio: true,
      },
    ],
    ['an upscale', startOf('upscale', {}, one), '/api/upscale', { image_url: 'https://x/1' }],
    [
      'a custom model',
      {
        ...startOf('trained', { prompt: 'a', choice: existing }, one),
        trainedModel: 'custom-7',
      },
      '/api/generate-custom-model',
      { image_url: 'https://x/1', prompt: 'a', model: 'custom-7' },
    ],
  ])('%s', async (_, request, path, body) => {
    const answer = { status: 'OK', data: { id: 41, status: 'RUNNING', prompt: 'a' } };
    const { provider, received } = await against({ [`POST ${path}`]: answer });
    expect(await provider.start(request, openDeadline)).toEqual({ job: { id: '41' }, id: '41' });
    expect(received[0]?.headers).toMatchObject({ 'x-api-key': 'k-secret' });
    expect(received[0]?.headers.authorization).toBeUndefined();
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(body);
  });
});

describe('check', () => {
  const stateOf = async (data: object, more = {}) => {
    const job = { status: 'OK', data: { id: 41, prompt: 'a', ...data } };
    const { provider } = await against({ 'GET /api/job/41': job }, more);
    return await provider.check({ id: '41' });
  };

  it.each(['NOT_STARTED', 'RUNNING'])('%s runs', async (status) => {
    expect(await stateOf({ status })).toEqual({ state: 'pending', status: status, known: true });
  });

  it.each(['image_url', 'output_url', 'result_url', 'url'])(
    'finds the file as %s',
    async (name) => {
      expect(await stateOf({ status: 'COMPLETED', [name]: 'https://x/out' })).toEqual({
        state: 'succeeded',
        unreadable: 0,
        outputs: [{ remote: null, url: 'https://x/out', expiresAt: null }],
        billed: null,
      });
    },
  );

  it('counts one file once, and knows how long its link lives', async () => {
    const data = { status: 'COMPLETED', image_url: 'https://x/out', url: 'https://x/out' };
    const state = await stateOf(data, { outputLifetime: '1d' });
    expect(state).toMatchObject({ outputs: [{ expiresAt: expect.any(Number) as number }] });
  });

  it.each(['ERROR', 'FAILED', 'TIMEOUT'])(
    '%s is a failure that is paid all the same',
    async (status) => {
      expect(await stateOf({ status })).toEqual({
        state: 'failed',
        reason: `ProductAI reports ${status} without a reason`,
        refunded: false,
        billed: null,
      });
    },
  );

  it('knows a job that never was', async () => {
    const unknown = { status: 'ERROR', message: 'Job not found', code: 'JOB_NOT_FOUND' };
    const { url } = await serve((_, response) => json(response, 404, unknown));
    expect(await connect(url).check({ id: '1' })).toEqual({ state: 'missing' });
  });
});

describe('classify', () => {
  const fine = { kind: 'fine' };
  const api = (message: string, details: string) => ({ name: 'ApiError', message, details });
  const coded = (message: string, code: string) => ({ status: 'ERROR', message, code });
  it.each([
    [402, api('OUT_OF_TOKENS', 'Not enough credits'), 'refused', { kind: 'noFunds' }],
    [400, coded('OUT_OF_TOKENS', 'no'), 'refused', { kind: 'noFunds' }],
    [401, coded('Invalid key', 'INVALID_API_KEY'), 'refused', { kind: 'badKey' }],
    [400, coded('Bad link', 'INVALID_IMAGE_URL'), 'refused', fine],
    [400, coded('Bad model', 'INVALID_MODEL'), 'refused', fine],
    [
      429,
      coded('Slow down', 'RATE_LIMIT_EXCEEDED'),
      'refused',
      { kind: 'limited', retryAfterMs: 7_000 },
    ],
    [200, coded('OUT_OF_TOKENS', 'OUT_OF_TOKENS'), 'refused', { kind: 'noFunds' }],
    [200, coded('odd', 'ODD'), 'ambiguous', fine],
    [500, api('INTERNAL', 'oops'), 'ambiguous', fine],
  ])('%i %j', async (status, body, request, account) => {
    const { url } = await serve((_, response) => {
      response.setHeader('retry-after', '7');
      json(response, status, body);
    });
    const provider = connect(url);
    const verdict = provider.classify(await failure(provider.start(start, openDeadline)));
    expect(verdict).toMatchObject({ request, account });
    expect(verdict.message).toContain(body.message);
  });
});

describe('the free calls', () => {
  it('name an upload by its link', async () => {
    const data = { id: 9, image_url: 'https://x/9', mimetype: 'image/jpeg' };
    const { provider } = await against({ 'POST /api/upload-asset': { data } });
    expect(await provider.upload?.(await fileOf())).toEqual({
      remote: 'https://x/9',
      url: 'https://x/9',
      expiresAt: null,
      ready: true,
    });
  });

  it.each([
    [true, 'good', 'the key is good; plan pro'],
    [false, 'refused', 'ProductAI says it is not valid'],
  ])('tell whether a key is valid: %s', async (valid, key, message) => {
    const data = { valid, tokens_remaining: 12, plan: 'pro' };
    const { provider } = await against({ 'GET /api/key-check': { status: 'OK', data } });
    expect(await provider.verify()).toEqual({ key, balance: 12_000, message });
  });

  it('list neither jobs nor files: a lost answer is left to a person', async () => {
    const provider = connect('http://127.0.0.1:1');
    expect([provider.listJobs, provider.files, provider.presets]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('prices', () => {
  it('are assumed, and of some models not known', () => {
    const { price } = productai.offer(settings, nothingLearned);
    const of = (model: string, prices = {}) => price(startOf(model).request, prices);
    expect(of('gpt-medium')).toEqual({ amount: 3_000, unit: 'credits', basis: 'assumed' });
    expect(of('upscale')).toMatchObject({ amount: 20_000 });
    for (const model of ['gpt-2', 'seedance', 'gemini-omni', 'trained'])
      expect(of(model)).toMatchObject({ amount: null, basis: 'unknown' });
    expect(of('trained', { trained: '5' })).toMatchObject({ amount: 5_000 });
    const seedance = { seedance: { '720p': '40', '1080p': '80' } };
    expect(of('seedance', seedance)).toMatchObject({ amount: 80_000 });
  });
});
