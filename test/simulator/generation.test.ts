import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { bottle, download, finish, open } from './support.ts';

describe('every PhotoGPT request', () => {
  it('needs an accepted key and the API version', async () => {
    const client = await open();
    const wrongKey = await client.get('/ping', { authorization: 'Bearer bad-key' });
    expect(wrongKey.status).toBe(401);
    expect(wrongKey.body).toEqual({
      err: 'unauthorized',
      message: 'invalid API key',
      result: null,
      status: 'NOK',
    });
    expect((await client.get('/ping', { 'api-version': '2' })).status).toBe(400);
    expect((await client.get('/ping')).body).toEqual({ message: 'pong!', status: 'OK' });
    client.simulator.settings.keys = ['only-this'];
    expect((await client.get('/ping')).status).toBe(401);
  });

  it('of an unknown path gets the vendor error body', async () => {
    const client = await open();
    const answer = await client.get('/nowhere');
    expect(answer.status).toBe(404);
    expect(answer.body.status).toBe('NOK');
  });
});

describe('image generation', () => {
  it('queues, runs and succeeds as time passes', async () => {
    const client = await open({ jobMs: 1_000 });
    const ordered = await client.post('/images/generation', { ...bottle, numImages: 2 });
    expect(ordered.body.result.status).toBe('queued');
    const poll = async () => (await client.get(`/jobs/${ordered.body.result.jobId}`)).body.result;
    expect((await poll()).status).toBe('queued');
    client.pass(500);
    expect(await poll()).toMatchObject({ status: 'running', modelId: 'nanobanana' });
    expect((await poll()).images).toBeUndefined();
    client.pass(500);
    const done = await poll();
    expect(done.status).toBe('success');
    expect(done.images).toHaveLength(2);
    const [first, second] = await Promise.all(done.images.map(({ url }: any) => download(url)));
    expect(first.equals(second)).toBe(false);
    expect(client.simulator.book.accepted).toMatchObject([
      { kind: 'generate', cost: 20, state: 'success', refunded: false, reply: 'answered' },
    ]);
    expect(client.simulator.book.accepted[0]?.outputs[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['an unknown field', { ...bottle, width: 100 }],
    ['a missing prompt', { modelID: 'nanobanana' }],
    ['an empty prompt', { ...bottle, prompt: ' ' }],
    ['an unknown ratio', { ...bottle, aspectRatio: '5:3' }],
    ['too many images', { ...bottle, numImages: 5 }],
    ['no image', { ...bottle, numImages: 0 }],
    ['another model group', { ...bottle, options: { openai: { quality: 'low' } } }],
    ['two groups', { ...bottle, options: { gemini: {}, openai: {} } }],
    ['an unknown option', { ...bottle, options: { gemini: { quality: 'low' } } }],
    [
      'a size the model has not',
      { ...bottle, modelID: 'seedream-4_5', options: { seedream: { imageSize: '1K' } } },
    ],
    [
      'a mode the model has not',
      { ...bottle, modelID: 'seedream-5-lite', options: { seedream: { optimizeMode: 'fast' } } },
    ],
    [
      'compression of a png',
      {
        ...bottle,
        modelID: 'gpt-image-2',
        options: { openai: { outputFormat: 'png', outputCompression: 5 } },
      },
    ],
    [
      'too many references',
      { ...bottle, referenceImageURLs: Array(4).fill('https://example.com/a.png') },
    ],
    ['a local reference', { ...bottle, referenceImageURLs: ['http://localhost/a.png'] }],
    ['a private reference', { ...bottle, referenceImageURLs: ['http://192.168.1.4/a.png'] }],
    ['a file reference', { ...bottle, referenceImageURLs: ['file:///a.png'] }],
    ['an unknown preset', { ...bottle, preset: 'nonesuch' }],
  ])('refuses %s', async (_, body) => {
    const client = await open();
    const answer = await client.post('/images/generation', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 'NOK', result: null });
    expect(client.simulator.book.accepted).toEqual([]);
  });

  it('accepts every documented option', async () => {
    const client = await open();
    const options = {
      openai: {
        imageSize: '1K',
        quality: 'high',
        background: 'auto',
        moderation: 'low',
        outputCompression: 50,
      },
    };
    const body = { ...bottle, modelID: 'gpt-image-2', preset: 'editorial', options };
    expect((await client.post('/images/generation', body)).status).toBe(200);
  });

  it('answers 404 for an unknown model', async () => {
    const client = await open();
    const answer = await client.post('/images/generation', { ...bottle, modelID: 'nobody' });
    expect(answer.status).toBe(404);
  });

  it('refuses what the account cannot pay', async () => {
    const client = await open({ credits: 15 });
    expect((await client.post('/images/generation', bottle)).status).toBe(200);
    const second = await client.post('/images/generation', bottle);
    expect(second.status).toBe(402);
    expect(second.body.message).toBe('insufficient credits');
    client.simulator.settings.credits = 30;
    expect((await client.post('/images/generation', bottle)).status).toBe(200);
  });

  it('limits the requests of a minute, and says when to come back', async () => {
    const client = await open({ perMinute: 1 });
    await client.post('/images/generation', bottle);
    client.pass(20_000);
    const limited = await client.post('/images/generation', bottle);
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('40');
    client.simulator.settings.retryAfter = 'date';
    const dated = await client.post('/images/generation', bottle);
    expect(dated.headers.get('retry-after')).toBe('Thu, 01 Jan 2026 00:01:00 GMT');
    client.simulator.settings.retryAfter = 'none';
    const bare = await client.post('/images/generation', bottle);
    expect(bare.headers.get('retry-after')).toBeNull();
    client.pass(40_000);
    expect((await client.post('/images/generation', bottle)).status).toBe(200);
  });
});

describe('images', () => {
  it.each(['small', 'full'] as const)('are reproducible from the request (%s)', async (images) => {
    const bytes = async (body: unknown) => {
      const client = await open({ images });
      const job = await finish(client, undefined, body);
      return download(job.images[0].url);
    };
    const first = await bytes(bottle);
    expect((await bytes(bottle)).equals(first)).toBe(true);
    expect((await bytes({ ...bottle, prompt: 'a <cup> & "saucer"' })).equals(first)).toBe(false);
  });

  it('differ between takes of one request', async () => {
    const client = await open();
    const one = await finish(client);
    const two = await finish(client);
    const [first, second] = [await download(one.images[0].url), await download(two.images[0].url)];
    expect(first.equals(second)).toBe(false);
    expect(client.simulator.book.duplicates()).toMatchObject([{ ids: [one.jobId, two.jobId] }]);
  });

  it('have the ratio and the format that were asked for', async () => {
    const client = await open({ images: 'full' });
    const job = await finish(client, undefined, {
      ...bottle,
      modelID: 'gpt-image-2',
      aspectRatio: '16:9',
      options: { openai: { outputFormat: 'png' } },
    });
    const shape = await sharp(await download(job.images[0].url)).metadata();
    expect(shape).toMatchObject({ format: 'png', width: 512, height: 288 });
  });

  it('of an upscale are twice as large', async () => {
    const client = await open({ images: 'full' });
    const source = (await finish(client)).images[0];
    const job = await finish(client, '/images/upscaling', { imageID: source.id });
    const shape = await sharp(await download(job.images[0].url)).metadata();
    expect(shape).toMatchObject({ width: 1_024, height: 1_024 });
    const record = (await client.get(`/images/${source.id}`)).body.result;
    expect(record.upscaledImageID).toBe(job.images[0].id);
  });

  it('stop being served when their URL expires, until the job hands out a new one', async () => {
    const client = await open({ urlMs: 60_000 });
    const job = await finish(client);
    client.pass(60_000);
    expect((await fetch(job.images[0].url)).status).toBe(403);
    const again = (await client.get(`/jobs/${job.jobId}`)).body.result;
    expect((await fetch(again.images[0].url)).status).toBe(200);
  });
});

describe('upscaling', () => {
  it('takes only an own image that exists, and nothing else', async () => {
    const client = await open();
    const { id } = (await finish(client)).images[0];
    const upscale = (body: unknown, key = 'demo') =>
      client.post('/images/upscaling', body, { authorization: `Bearer ${key}` });
    expect((await upscale({ imageID: id }, 'somebody')).status).toBe(404);
    expect((await upscale({ imageID: 'none' })).status).toBe(404);
    expect((await upscale({ imageID: id, factor: 2 })).status).toBe(400);
    expect((await upscale({ imageID: id })).status).toBe(200);
  });
});
