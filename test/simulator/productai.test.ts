import { describe, expect, it } from 'vitest';
import type { SimulatorSettings } from '../../src/simulator/index.ts';
import { download, open } from './support.ts';

const image = 'https://example.com/shoe.jpg';
const shoe = { model: 'nanobanana2', image_url: image, prompt: 'on marble' };

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A client of the simulated ProductAI, which lies beside the one of the other tests. */
async function client(settings: Partial<SimulatorSettings> = {}) {
  const { simulator, pass } = await open(settings);
  const call = async (method: string, path: string, body?: unknown, headers = {}) => {
    const response = await fetch(`${simulator.baseUrls['productai']}${path}`, {
      method,
      headers: {
        authorization: 'Bearer demo',
        'x-api-key': 'demo',
        ...(body !== undefined && !(body instanceof FormData)
          ? { 'content-type': 'application/json' }
          : {}),
        ...headers,
      },
      body: body === undefined ? null : body instanceof FormData ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(3_000),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return {
    simulator,
    pass,
    get: (path: string, headers = {}): Promise<any> => call('GET', path, undefined, headers),
    post: (path: string, body: unknown, headers = {}): Promise<any> =>
      call('POST', path, body, headers),
  };
}

function upload(content: Uint8Array = pixel): FormData {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(content)]), 'shoe.png');
  return form;
}

describe('dialect A', () => {
  it('makes as many images as were asked for, and tells how far it is', async () => {
    const { get, post, pass } = await client({ jobMs: 1_000 });
    const ordered = await post('/generate', { ...shoe, num_images: 2, aspect_ratio: '16:9' });
    expect([ordered.status, ordered.body]).toMatchObject([
      202,
      { status: 'pending', estimated_time_seconds: 1, model: 'nanobanana2', num_images: 2 },
    ]);
    const path = `/jobs/${ordered.body.job_id}`;
    pass(500);
    expect((await get(path)).body).toMatchObject({ status: 'processing', progress: 50 });
    pass(500);
    const { body } = await get(path);
    expect(body).toMatchObject({ status: 'completed', progress: 100, tokens_used: 10 });
    expect(body.images).toHaveLength(2);
    const [one, other] = await Promise.all(
      body.images.map(({ url }: { url: string }) => download(url)),
    );
    expect(one?.subarray(0, 2).toString('hex')).toBe('ffd8');
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false);
  });

  it.each([
    [{ ...shoe, prompt: undefined }, 400, 'Missing required parameter: prompt'],
    [{ ...shoe, image_url: undefined }, 400, 'Missing required parameter: image_url or asset_id'],
    [{ ...shoe, asset_id: 'asset_1' }, 400, 'Give either image_url or asset_id'],
    [{ ...shoe, model: undefined }, 400, 'model: Missing required parameter: model'],
    [{ ...shoe, num_images: 5 }, 400, 'num_images: Too big: expected number to be <=4'],
    [{ ...shoe, seed: 1 }, 400, 'Unrecognized key: "seed"'],
    [{ ...shoe, image_url: 'http://10.0.0.1/a' }, 400, 'image_url: not public: http://10.0.0.1/a'],
    [{ ...shoe, image_url: undefined, asset_id: 'asset_1' }, 404, 'Asset not found'],
    [{ ...shoe, preset_id: 'preset_x' }, 404, 'Preset not found'],
  ])('refuses %j', async (body, status, message) => {
    const { simulator, post } = await client();
    const answer = await post('/generate', body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error: { code: status === 400 ? 'invalid_request' : 'not_found', message },
    });
    expect(simulator.book.accepted).toEqual([]);
  });

  it('counts every request, and tells in the body how long to wait', async () => {
    const { get, pass } = await client({ perMinute: 2 });
    await get('/me');
    await get('/presets');
    pass(20_000);
    expect((await get('/me')).body).toEqual({
      error: {
        code: 'rate_limit_exceeded',
        message: 'Rate limit exceeded. Try again in 40 seconds.',
        retry_after: 40,
      },
    });
    pass(40_000);
    expect((await get('/me')).status).toBe(200);
  });

  it('takes credits by the list, and refuses when there are not enough', async () => {
    const { get, post } = await client({ credits: 12 });
    await post('/generate', { ...shoe, num_images: 2 });
    expect((await get('/me')).body).toMatchObject({ plan: 'pro', credits: { generations: 2 } });
    expect(await post('/generate', shoe)).toMatchObject({
      status: 402,
      body: {
        error: {
          code: 'insufficient_credits',
          message: 'Not enough credits. Required: 5, Available: 2',
        },
      },
    });
  });

  it('tells a failed job why, and keeps the credits where it is told to', async () => {
    const { get, post, pass } = await client({ failRate: 1, refundFailed: false, credits: 5 });
    const { body } = await post('/generate', shoe);
    pass(10_000);
    expect((await get(`/jobs/${body.job_id}`)).body).toMatchObject({
      status: 'failed',
      error: { code: 'generation_failed' },
    });
    expect((await get('/me')).body.credits).toEqual({ generations: 0 });
  });

  it('takes an asset when it is ready', async () => {
    const { get, post, pass } = await client({ downloadMs: 500 });
    const added = await post('/training-asset', upload());
    expect(added).toMatchObject({
      status: 201,
      body: { status: 'processing', name: 'shoe.png', format: 'png', tags: [] },
    });
    const { asset_id } = added.body;
    const order = { model: 'seedream', asset_id, prompt: 'on marble' };
    expect(await post('/generate', order)).toMatchObject({ status: 400 });
    pass(500);
    const { body } = await get('/my-uploaded-assets');
    expect(body).toMatchObject({ assets: [{ asset_id, status: 'ready' }], total: 1 });
    expect(await download(body.assets[0].url)).toEqual(pixel);
    expect(await post('/generate', order)).toMatchObject({ status: 202 });
    const stranger = { authorization: 'Bearer another' };
    expect(await post('/generate', order, stranger)).toMatchObject({ status: 404 });
  });

  it('takes a link as an asset, and no file that is too large or no image', async () => {
    const { post } = await client();
    expect(await post('/training-asset', { url: image, tags: ['a'] })).toMatchObject({
      status: 201,
      body: { url: image, tags: ['a'] },
    });
    const large = Buffer.concat([pixel, Buffer.alloc(10 * 1_024 * 1_024)]);
    for (const content of [large, Buffer.from('GIF89a')])
      expect(await post('/training-asset', upload(content))).toMatchObject({ status: 400 });
  });

  it('lists jobs newest first, page by page, and shows what was asked for when told to', async () => {
    const { get, post, pass } = await client({ listPageSize: 2 });
    for (const prompt of ['a', 'b', 'c']) {
      await post('/generate', { ...shoe, prompt });
      pass(1);
    }
    const { body } = await get('/jobs');
    expect(body).toMatchObject({ total: 3, limit: 2, offset: 0, has_more: true });
    expect(body.jobs[0].prompt).toBeUndefined();
    const other = await client({ revealing: true });
    await other.post('/generate', shoe);
    expect((await other.get('/jobs?limit=1')).body.jobs).toMatchObject([{ prompt: 'on marble' }]);
    expect((await get('/jobs?limit=2&offset=2')).body).toMatchObject({ has_more: false });
    expect(await get('/jobs?limit=x')).toMatchObject({ status: 400 });
  });

  it('shows presets by category', async () => {
    const { get } = await client();
    const { body } = await get('/presets?category=studio&limit=1');
    expect(body).toMatchObject({ total: 2, has_more: true, presets: [{ category: 'studio' }] });
  });
});

describe('dialect B', () => {
  it.each([
    ['/api/generate', { model: 'gpt-2', image_url: image, prompt: 'a' }, '89504e47'],
    [
      '/api/generate',
      { model: 'nanobanana', image_url: [image], prompt: 'a', output_format: 'jpg' },
      'ffd8ff',
    ],
    ['/api/upscale', { image_url: image }, '89504e47'],
    ['/api/generate-custom-model', { model: 'x', image_url: image, prompt: 'a' }, '89504e47'],
    ['/api/generate-video', { model: 'seedance', prompt: 'a', duration: 'auto' }, '00000018'],
  ])('%s takes %j', async (path, body, head) => {
    const { get, post, pass } = await client();
    const started = await post(path, body);
    expect(started.body).toMatchObject({ status: 'OK', data: { status: 'RUNNING' } });
    const job = `/api/job/${started.body.data.id}`;
    expect((await get(job)).body.data.status).toBe('NOT_STARTED');
    pass(10_000);
    const { data } = (await get(job)).body;
    expect(data).toMatchObject({ status: 'COMPLETED' });
    const bytes = await download(data.image_url);
    expect(bytes.subarray(0, 4).toString('hex').slice(0, head.length)).toBe(head);
  });

  it.each([
    [{ model: 'x', image_url: image, prompt: 'a' }, { code: 'INVALID_MODEL' }],
    [
      { model: 'seedream', image_url: 'http://10.0.0.1/a', prompt: 'a' },
      { code: 'INVALID_IMAGE_URL' },
    ],
    [{ model: 'gpt-2', image_url: [image, image, image], prompt: 'a' }, { name: 'ApiError' }],
    [{ model: 'seedream', image_url: image, prompt: 'a', resolution: '2K' }, { name: 'ApiError' }],
  ])('refuses %j', async (body, error) => {
    const { simulator, post } = await client();
    expect(await post('/api/generate', body)).toMatchObject({ status: 400, body: error });
    expect(simulator.book.accepted).toEqual([]);
  });

  it('has a key of its own kind, an own body for each refusal, and tokens', async () => {
    const { get, post } = await client({ credits: 3, prices: { productai: { 'gpt-2': 3 } } });
    expect(await get('/api/key-check', { 'x-api-key': 'bad' })).toMatchObject({
      status: 401,
      body: { status: 'ERROR', code: 'INVALID_API_KEY' },
    });
    const order = { model: 'gpt-2', image_url: image, prompt: 'a' };
    await post('/api/generate', order);
    expect((await get('/api/key-check')).body.data).toMatchObject({ tokens_remaining: 0 });
    expect(await post('/api/generate', order)).toMatchObject({
      status: 402,
      body: { name: 'ApiError', message: 'OUT_OF_TOKENS' },
    });
    expect(await get('/api/job/1')).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
  });

  it('gives an upload a link that it takes', async () => {
    const { post } = await client();
    const { body } = await post('/api/upload-asset', upload());
    expect(body.data).toMatchObject({ mimetype: 'image/png' });
    const order = { model: 'seedream', image_url: body.data.image_url, prompt: 'a' };
    expect(await post('/api/generate', order)).toMatchObject({ status: 200 });
  });
});

describe('faults', () => {
  it('come in the body of the dialect that they strike', async () => {
    const { get } = await client({ faults: [{ kind: 'rate-limit', seconds: 9 }] });
    expect((await get('/me')).body.error).toMatchObject({ retry_after: 9 });
    const limited = await get('/api/key-check');
    expect(limited.body).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    expect(limited.headers.get('retry-after')).toBe('9');
  });
});
