import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { photogpt } from '../../../src/providers/photogpt/index.ts';
import type { Provider } from '../../../src/providers/port.ts';
import { failure, json, serve, type Received } from '../../http/server.ts';
import { existing, openDeadline, startOf } from '../requests.ts';

type Answers = Readonly<Record<string, unknown>>;

/** The provider before a server that answers by `METHOD /path?query`, each with a result. */
async function against(
  answers: Answers,
  settings: Record<string, string> = {},
): Promise<{ provider: Provider; received: Received[] }> {
  const { url, received } = await serve(({ method, url: path }, response) => {
    const result = answers[`${method} ${path}`];
    if (result === undefined)
      return json(response, 404, { status: 'NOK', message: 'not found', err: 'x', result: null });
    json(response, 200, { status: 'OK', result });
  });
  const provider = photogpt.connect({ baseUrl: `${url}/`, apiKey: 'k-1', settings });
  return { provider, received };
}

async function bodyOf(start: ReturnType<typeof startOf>): Promise<unknown> {
  const queued = { jobId: 'j-1', status: 'queued' };
  const { provider, received } = await against({
    'POST /images/generation': queued,
    'POST /images/upscaling': queued,
    'POST /videos/generation': queued,
  });
  expect(await provider.start(start, openDeadline)).toEqual({ job: { jobId: 'j-1' }, id: 'j-1' });
  const [one] = received;
  expect(one?.headers).toMatchObject({ authorization: 'Bearer k-1', 'api-version': '1' });
  return [one?.url, JSON.parse(one?.body ?? '')];
}

describe('start', () => {
  it('nests the options of a public image model as the documents show', async () => {
    const options = { preset: 'editorial', quality: 'high', outputFormat: 'jpeg' };
    const prompt = 'minimal product photo';
    const fields = { prompt, aspectRatio: '1:1', resolution: '1K', outputs: 1, options };
    const link = 'https://example.com/reference-product.png';
    expect(await bodyOf(startOf('gpt-image-2', fields, [{ url: link }]))).toEqual([
      '/images/generation',
      {
        modelID: 'gpt-image-2',
        prompt,
        preset: 'editorial',
        aspectRatio: '1:1',
        numImages: 1,
        referenceImageURLs: [link],
        options: { openai: { imageSize: '1K', quality: 'high', outputFormat: 'jpeg' } },
      },
    ]);
  });

  it('leaves out what was not given, and says how many files it wants', async () => {
    expect(await bodyOf(startOf('nanobanana', { prompt: 'a chair' }))).toEqual([
      '/images/generation',
      { modelID: 'nanobanana', prompt: 'a chair', numImages: 1 },
    ]);
    const trained = startOf('trained', { prompt: 'headshot', choice: existing });
    expect(await bodyOf({ ...trained, trainedModel: 'm-1' })).toEqual([
      '/images/generation',
      { modelID: 'm-1', prompt: 'headshot', numImages: 1 },
    ]);
    // Of no known family, and so of neither kind for sure.
    expect(await bodyOf(startOf('novel-1', { prompt: 'waves', duration: 4 }))).toEqual([
      '/videos/generation',
      { modelID: 'novel-1', prompt: 'waves', numVideos: 1, duration: 4 },
    ]);
  });

  it('sends a trained model its own fields, flat', async () => {
    const start = startOf(
      'trained',
      {
        prompt: 'headshot',
        outputs: 1,
        seed: 0,
        choice: existing,
        options: { width: 1024, height: 1024, steps: 30, enhanceFace: true },
      },
      [{ remote: 'img-9' }],
    );
    expect(await bodyOf({ ...start, trainedModel: 'm-1' })).toEqual([
      '/images/generation',
      {
        modelID: 'm-1',
        prompt: 'headshot',
        inputImageId: 'img-9',
        numImages: 1,
        seed: 0,
        width: 1024,
        height: 1024,
        steps: 30,
        enhanceFace: true,
      },
    ]);
  });

  it('upscales by id', async () => {
    expect(await bodyOf(startOf('upscale', {}, [{ remote: 'img-9', url: 'https://x/9' }]))).toEqual(
      ['/images/upscaling', { imageID: 'img-9' }],
    );
  });

  it('gives a video its references by role and its settings in its group', async () => {
    const fields = {
      prompt: 'waves',
      aspectRatio: '16:9',
      resolution: '720p',
      duration: 8,
      outputs: 2,
      seed: 3,
      options: { generateAudio: true, elementIDs: ['e-1'] },
    };
    const references = [{ url: 'https://x/1' }, { url: 'https://x/2', role: 'reference_image' }];
    expect(await bodyOf(startOf('veo-3.1', fields, references))).toEqual([
      '/videos/generation',
      {
        modelID: 'veo-3.1',
        prompt: 'waves',
        numVideos: 2,
        elementIDs: ['e-1'],
        referenceImages: [
          { url: 'https://x/1', role: 'first_frame' },
          { url: 'https://x/2', role: 'reference_image' },
        ],
        options: {
          veo: {
            aspectRatio: '16:9',
            resolution: '720p',
            duration: 8,
            seed: 3,
            generateAudio: true,
          },
        },
      },
    ]);
  });

  it('calls the ratio of seedance by its other name and keeps videos apart', async () => {
    const seedance = { prompt: 'waves', aspectRatio: '9:16', options: { generateAudio: false } };
    expect(await bodyOf(startOf('seedance-2.0', seedance))).toEqual([
      '/videos/generation',
      {
        modelID: 'seedance-2.0',
        prompt: 'waves',
        numVideos: 1,
        options: { seedance: { ratio: '9:16', generateAudio: false } },
      },
    ]);
    const url = 'https://x/dance.mp4';
    expect(await bodyOf(startOf('kling-motion-pro', { prompt: 'dance' }, [{ url }]))).toEqual([
      '/videos/generation',
      {
        modelID: 'kling-motion-pro',
        prompt: 'dance',
        numVideos: 1,
        referenceVideos: [{ url, role: 'reference_video' }],
      },
    ]);
  });

  it('sends a newer member of a family in the shape of the family', async () => {
    const fields = { prompt: 'x', resolution: '2K', options: { optimizeMode: 'new' } };
    expect(await bodyOf(startOf('seedream-6', fields))).toEqual([
      '/images/generation',
      {
        modelID: 'seedream-6',
        prompt: 'x',
        numImages: 1,
        options: { seedream: { imageSize: '2K', optimizeMode: 'new' } },
      },
    ]);
  });

  it('is surely refused without its image, before anything is sent', async () => {
    const { provider, received } = await against({});
    const error = await failure(provider.start(startOf('upscale', {}, [{}]), openDeadline));
    expect(provider.classify(error).request).toBe('refused');
    expect(received).toHaveLength(0);
  });
});

describe('check', () => {
  it.each([
    ['queued', { state: 'pending', status: 'queued', known: true }],
    ['RUNNING', { state: 'pending', status: 'RUNNING', known: true }],
    // The documents: whatever is not running is final.
    ['canceled', { state: 'failed', reason: 'unsafe', refunded: null, billed: null }],
    ['Failed', { state: 'failed', reason: 'unsafe', refunded: null, billed: null }],
  ])('reads the status %s', async (status, expected) => {
    const { provider } = await against({
      'GET /jobs/j-1': { jobId: 'j-1', status, error: 'unsafe' },
    });
    expect(await provider.check({ jobId: 'j-1' })).toEqual(expected);
  });

  it('fails with the word of a status that no page knows, where that is all there is', async () => {
    const { provider } = await against({ 'GET /jobs/j-1': { jobId: 'j-1', status: 'Aborted' } });
    expect(await provider.check({ jobId: 'j-1' })).toEqual({
      state: 'failed',
      reason: 'PhotoGPT reports Aborted without a reason',
      refunded: null,
      billed: null,
    });
  });

  it('gives images with their link and videos to be prepared', async () => {
    const result = {
      jobId: 'j-1',
      status: 'success',
      createdAt: '2026-01-01T00:00:00Z',
      images: [{ id: 'i-1', url: 'https://x/i.jpg' }],
      videos: [{ id: 'v-1', url: 'https://x/v.m3u8' }],
    };
    const { provider } = await against({ 'GET /jobs/j-1': result }, { outputLifetime: '2h' });
    const expiresAt = Date.parse('2026-01-01T02:00:00Z');
    expect(await provider.check({ jobId: 'j-1' })).toEqual({
      state: 'succeeded',
      unreadable: 0,
      billed: null,
      outputs: [
        { remote: 'i-1', url: 'https://x/i.jpg', expiresAt },
        { remote: 'v-1', url: null, expiresAt },
      ],
    });
  });

  it('tells an unknown job from a wrong address', async () => {
    const { provider } = await against({});
    expect(await provider.check({ jobId: 'none' })).toEqual({ state: 'missing' });
    const page = await serve((_, response) => response.writeHead(404).end('<html>nothing</html>'));
    const lost = photogpt.connect({ baseUrl: page.url, apiKey: 'k', settings: {} });
    expect(await failure(lost.check({ jobId: 'j-1' }))).toMatchObject({ status: 404 });
  });
});

describe('prepare', () => {
  const output = { remote: 'v-1', url: null, expiresAt: null };

  it('asks for the file to be made, then hands over its link', async () => {
    const asked = await against({ 'GET /videos/v-1/create-download': 'asked' });
    expect(await asked.provider.prepare?.(output)).toEqual({ ready: false });
    expect(asked.received.map(({ url }) => url)).toEqual([
      '/videos/v-1/download',
      '/videos/v-1/create-download',
    ]);
    const made = { percentComplete: 100, status: 'ready', url: 'https://x/v.mp4' };
    const ready = await against({ 'GET /videos/v-1/download': made });
    expect(await ready.provider.prepare?.(output)).toEqual({ ready: true, url: 'https://x/v.mp4' });
  });

  it('waits while the file is being made', async () => {
    const making = { percentComplete: 40, status: 'working' };
    const { provider, received } = await against({ 'GET /videos/v-1/download': making });
    expect(await provider.prepare?.(output)).toEqual({ ready: false });
    expect(received).toHaveLength(1);
  });
});

describe('listJobs', () => {
  it('follows pages and asks for a week at most, oldest first', async () => {
    const day = 86_400_000;
    const at = (days: number): string => new Date(days * day).toISOString();
    const range = (from: number, to: number): string =>
      `start=${encodeURIComponent(at(from))}&end=${encodeURIComponent(at(to))}`;
    const job = (jobId: string, days: number, credits: unknown): object => ({
      jobId,
      createdAt: at(days),
      credits,
    });
    const { provider } = await against({
      [`GET /jobs?${range(0, 7)}`]: { jobs: [job('b', 2, 10)], nextPageToken: 'p 2' },
      [`GET /jobs?${range(0, 7)}&pageToken=p+2`]: { jobs: [job('a', 1, '2.5')] },
      [`GET /jobs?${range(7, 9)}`]: { jobs: [job('c', 8, null)], nextPageToken: '' },
    });
    expect(await provider.listJobs?.(0, 9 * day)).toEqual({
      entries: [
        { id: 'a', job: { jobId: 'a' }, createdAt: day, billed: 2_500 },
        { id: 'b', job: { jobId: 'b' }, createdAt: 2 * day, billed: 10_000 },
        { id: 'c', job: { jobId: 'c' }, createdAt: 8 * day, billed: null },
      ],
      unreadable: 0,
    });
  });
});

describe('describe', () => {
  it('tells the model and what the vendor keeps with the image', async () => {
    const { provider } = await against({
      'GET /jobs/j-1': { status: 'success', modelId: 'seedream', images: [{ id: 'i-1' }] },
      'GET /images/i-1': { id: 'i-1', data: { prompt: 'a chair', seed: 4 } },
    });
    expect(await provider.describe?.({ jobId: 'j-1' })).toEqual({
      ended: true,
      model: 'seedream',
      prompt: 'a chair',
    });
  });

  it('tells of an upscaling which image it reads, also while it runs', async () => {
    const { provider } = await against({
      'GET /jobs/j-1': { status: 'running', data: { imageID: 'i-7' } },
    });
    expect(await provider.describe?.({ jobId: 'j-1' })).toEqual({
      ended: false,
      operation: 'upscale',
      source: 'i-7',
    });
  });
});

const page = (from: number, count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `i-${from + index}` }));

describe('train', () => {
  it('creates, lists image pages until one is short, starts by GET and deletes', async () => {
    const list = '/models/m-1/images?imageType=input';
    const { provider, received } = await against({
      'POST /models': { id: 'm-1', status: 'new' },
      [`GET ${list}&pageNum=1&pageSize=20`]: page(0, 20),
      [`GET ${list}&pageNum=2&pageSize=20`]: page(20, 3),
      'GET /models/m-1/images?imageType=auxiliaryType&pageNum=1&pageSize=20': page(50, 1),
      'GET /models/m-1/train': 'Training triggered',
      'GET /models/m-1': { id: 'm-1', status: 'Warming' },
      'DELETE /models/m-1': null,
    });
    const { train } = provider;
    const subject = { gender: 'Female', age: 30 };
    expect(await train?.create({ name: 'Ines', subject })).toBe('m-1');
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ name: 'Ines', ...subject });
    expect((await train?.listImages('m-1', 'training'))?.entries).toHaveLength(23);
    expect((await train?.listImages('m-1', 'reference'))?.entries).toEqual(['i-50']);
    await train?.start('m-1', openDeadline);
    expect(await train?.check('m-1')).toEqual({ phase: 'training' });
    expect(await train?.check('m-2')).toEqual({ phase: 'missing' });
    await train?.delete('m-1');
    await train?.delete('m-2');
  });

  it('is paid: a deadline that has passed holds it back', async () => {
    const { provider, received } = await against({ 'GET /models/m-1/train': 'Training triggered' });
    const late = { sendBy: 1, timeoutMs: 1_000, now: () => 2 };
    const error = await failure(provider.train?.start('m-1', late) ?? Promise.resolve());
    expect(provider.classify(error).request).toBe('notSent');
    expect(received).toHaveLength(0);
  });

  it('uploads references and training images under their types', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'a.jpg');
    await writeFile(path, 'image');
    const { provider, received } = await against({
      'POST /images/upload': { id: 'i-1', url: 'https://x/i', modelID: 'm-1', type: 'x' },
    });
    const facts = { sha256: 'x', mime: 'image/jpeg', bytes: 7, name: 'a.jpg', path };
    expect(await provider.upload?.({ ...facts, trainedModel: 'm-1' })).toEqual({
      remote: 'i-1',
      url: 'https://x/i',
      expiresAt: null,
      ready: true,
    });
    await provider.train?.addImage('m-1', { ...facts, trainedModel: 'm-1' });
    expect(received[0]?.body).toContain('{"modelID":"m-1","type":"auxiliaryType"}');
    expect(received[1]?.body).toContain('{"modelID":"m-1","type":"modelInput"}');
  });
});

describe('presets', () => {
  it.each([
    [['noir', { tag: 'studio', name: 'Studio' }, 7, null, {}], 3],
    [{ presets: ['noir', { id: 'studio', title: 'Studio' }] }, 0],
  ])('reads %j', async (result, unreadable) => {
    const { provider } = await against({ 'GET /presets': result });
    expect(await provider.presets?.()).toEqual({
      entries: [
        { id: 'noir', name: 'noir' },
        { id: 'studio', name: 'Studio' },
      ],
      unreadable,
    });
  });
});
