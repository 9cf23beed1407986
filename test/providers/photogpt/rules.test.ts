import { describe, expect, it } from 'vitest';
import { photogpt } from '../../../src/providers/photogpt/index.ts';
import { nothingLearned } from '../../../src/providers/port.ts';
import { vendorById, vendors } from '../../../src/providers/registry.ts';
import { failure, serve, serveTcp } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';

const start = startOf('nanobanana', { prompt: 'a chair' });
const offer = photogpt.offer({}, nothingLearned);
const connect = (baseUrl: string) =>
  photogpt.connect({ baseUrl, apiKey: 'k-secret', settings: {} });

const nok = (message: string): string =>
  JSON.stringify({ status: 'NOK', err: message, message, result: null });

const said = (text: string): string => `PhotoGPT answered ${text}`;

describe('classify', () => {
  it.each([
    [400, nok('bad data'), 'refused', { kind: 'fine' }, said('400: bad data')],
    [
      400,
      nok('Insufficient credits'),
      'refused',
      { kind: 'noFunds' },
      said('400: Insufficient credits'),
    ],
    [
      403,
      nok('insufficient credits'),
      'refused',
      { kind: 'noFunds' },
      said('403: insufficient credits'),
    ],
    [402, '', 'refused', { kind: 'noFunds' }, said('402: no explanation')],
    [401, nok('no key'), 'refused', { kind: 'badKey' }, said('401: no key')],
    [403, nok('no access'), 'refused', { kind: 'forbidden' }, said('403: no access')],
    [
      403,
      'error code: 1010',
      'refused',
      { kind: 'forbidden' },
      said('403: blocked by Cloudflare (error code: 1010)'),
    ],
    [
      429,
      nok('too many trainings'),
      'refused',
      { kind: 'limited', retryAfterMs: 7_000 },
      said('429: too many trainings'),
    ],
    [408, nok('slow'), 'ambiguous', { kind: 'fine' }, said('408: slow')],
    [
      500,
      nok('insufficient credits'),
      'ambiguous',
      { kind: 'fine' },
      said('500: insufficient credits'),
    ],
    [
      503,
      '<html><title>Down  for\nnow</title></html>',
      'ambiguous',
      { kind: 'unreachable', retryAfterMs: 7_000 },
      said('503: a web page, "Down for now"'),
    ],
    [302, '', 'ambiguous', { kind: 'fine' }, said('302: no explanation')],
    [
      200,
      nok('insufficient credits'),
      'refused',
      { kind: 'noFunds' },
      'PhotoGPT refused with a success status: insufficient credits',
    ],
    [200, nok('odd'), 'ambiguous', { kind: 'fine' }, 'PhotoGPT refused with a success status: odd'],
  ])('%i %s', async (status, body, request, account, message) => {
    const { url } = await serve((_, response) =>
      response.writeHead(status, { 'retry-after': '7', location: '/x' }).end(body),
    );
    const provider = connect(url);
    const error = await failure(provider.start(start, openDeadline));
    expect(provider.classify(error)).toEqual({ request, account, message });
  });

  it.each([
    ['an HTML page', '<html></html>'],
    ['no job id', '{"status":"OK","result":{}}'],
    ['nothing', ''],
  ])('leaves open what became of a start that is answered with %s', async (_, body) => {
    const { url } = await serve((__, response) => response.end(body));
    const provider = connect(url);
    const error = await failure(provider.start(start, openDeadline));
    expect(provider.classify(error)).toMatchObject({
      request: 'ambiguous',
      account: { kind: 'fine' },
    });
  });

  it('tells a server that is not there from one that falls silent', async () => {
    const absent = connect('http://127.0.0.1:1');
    expect(absent.classify(await failure(absent.start(start, openDeadline)))).toMatchObject({
      request: 'notSent',
      account: { kind: 'unreachable' },
    });
    const { url } = await serveTcp((socket) => socket.once('data', () => socket.destroy()));
    const silent = connect(url);
    const verdict = silent.classify(await failure(silent.start(start, openDeadline)));
    expect(verdict).toMatchObject({ request: 'ambiguous', account: { kind: 'fine' } });
    expect(JSON.stringify(verdict)).not.toContain('k-secret');
  });
});

describe('verify', () => {
  it.each([
    [200, '{"message":"pong!","status":"OK"}', 'good'],
    [401, '{"status":"NOK","message":"no"}', 'refused'],
    [200, '<html>sign in to the network</html>', 'ambiguous'],
    [503, '', 'unreachable'],
  ])('%i %s: %s', async (status, body, key) => {
    const { url } = await serve((_, response) => response.writeHead(status).end(body));
    expect(await connect(url).verify()).toMatchObject({ key, balance: null });
  });
});

const priceOf = (
  model: string,
  fields: Parameters<typeof startOf>[1] = {},
  prices: Parameters<typeof offer.price>[1] = {},
): number | null => offer.price(startOf(model, fields).request, prices).amount;

describe('price', () => {
  it('takes ten credits an image and nothing else for granted', () => {
    expect(offer.price(startOf('nanobanana', { outputs: 3 }).request, {})).toEqual({
      amount: 30_000,
      unit: 'credits',
      basis: 'assumed',
    });
    expect(priceOf('trained')).toBe(10_000);
    for (const model of ['upscale', 'veo-3.1', 'kling-video-pro'])
      expect(offer.price(startOf(model).request, {})).toMatchObject({ basis: 'unknown' });
    expect(offer.trainingPrice({})).toMatchObject({ amount: null, basis: 'unknown' });
  });

  it('follows the prices of the account', () => {
    const pro = { 'nanobanana-pro': { '1K': '10', '2K': '12.5', '4k': '20' } };
    expect(priceOf('nanobanana-pro', {}, pro)).toBe(10_000);
    expect(priceOf('nanobanana-pro', { resolution: '2K', outputs: 2 }, pro)).toBe(25_000);
    expect(priceOf('nanobanana-pro', { resolution: '4K' }, pro)).toBe(20_000);
    expect(priceOf('nanobanana-pro', { resolution: '8K' }, pro)).toBeNull();
    expect(priceOf('seedream', {}, { seedream: { '1K': '1', '4K': '4' } })).toBe(4_000);
    expect(priceOf('veo-3.1', {}, { 'veo-3.1': '160' })).toBe(160_000);
    expect(offer.trainingPrice({ training: '300' }).amount).toBe(300_000);
  });
});

const check = (model: string, fields: Parameters<typeof startOf>[1]) =>
  offer.models.find(({ id }) => id === model)?.check?.(startOf(model, fields).request);

describe('the catalogue', () => {
  it('refuses compression of a png', () => {
    const options = { outputFormat: 'png', outputCompression: 50 };
    expect(check('gpt-image-2', { options })).toEqual([
      { field: 'options.outputCompression', message: 'goes with outputFormat jpeg only' },
    ]);
    expect(check('gpt-image-2', { options: { outputCompression: 50 } })).toEqual([]);
  });

  it('wants eight seconds with a reference image', () => {
    const link = { kind: 'link', url: 'https://x/1', role: 'reference_image' } as const;
    expect(check('veo-3.1', { duration: 6, references: [link] })).toEqual([
      { field: 'duration', message: 'must be 8 with a reference_image' },
    ]);
    expect(check('veo-3.1', { references: [link] })).toEqual([]);
    expect(check('veo-3.1', { duration: 6 })).toEqual([]);
  });

  it('wants a video for a model that moves an image as a video does', () => {
    const link = { kind: 'link', url: 'https://x/1' } as const;
    for (const model of ['kling-motion-pro', 'kling-motion-standard']) {
      const frame = { ...link, role: 'first_frame' };
      expect(check(model, { references: [frame] })).toMatchObject([{ field: 'references' }]);
      const dance = { ...link, role: 'reference_video' };
      expect(check(model, { references: [frame, dance] })).toEqual([]);
    }
  });

  it('has unknown settings refused', () => {
    expect(photogpt.settings.safeParse({ outputLifetime: '24h' }).success).toBe(true);
    expect(photogpt.settings.safeParse({ outputLifetime: 'long' }).success).toBe(false);
    expect(photogpt.settings.safeParse({ dialect: 'a' }).success).toBe(false);
  });
});

describe('the registry', () => {
  it('finds vendors by their ids, which differ', () => {
    expect(vendorById('photogpt')).toBe(photogpt);
    expect(vendorById('nobody')).toBeUndefined();
    expect(new Set(vendors.map(({ id }) => id)).size).toBe(vendors.length);
  });
});
