import { describe, expect, it } from 'vitest';
import { failure, json, serve } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';
import { against, connect, fileOf } from './against.ts';

const image = { url: 'https://example.com/product.jpg' };
const start = startOf('nanobanana2', { prompt: 'on marble' }, [image]);

async function bodyOf(one: typeof start): Promise<unknown> {
  const { provider, received } = await against({ 'POST /generate': { job_id: 'job_1' } });
  expect(await provider.start(one, openDeadline)).toEqual({ job: { jobId: 'job_1' }, id: 'job_1' });
  expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer k-secret' });
  return JSON.parse(received[0]?.body ?? '');
}

describe('start', () => {
  it('sends what was given, in the names of the documents', async () => {
    const fields = { outputs: 2, aspectRatio: '16:9', options: { preset_id: 'preset_1' } };
    expect(await bodyOf(startOf('seedream', { prompt: 'on marble', ...fields }, [image]))).toEqual({
      model: 'seedream',
      image_url: image.url,
      prompt: 'on marble',
      num_images: 2,
      aspect_ratio: '16:9',
      preset_id: 'preset_1',
    });
  });

  it('names an uploaded image by its asset, though it has a link as well', async () => {
    const uploaded = [{ remote: 'asset_1', url: 'https://cdn.example.com/1' }];
    expect(await bodyOf(startOf('gpt-high', { prompt: 'a' }, uploaded))).toEqual({
      model: 'gpt-high',
      asset_id: 'asset_1',
      prompt: 'a',
    });
  });

  it.each([[[]], [[image, image]]])('sends nothing without its one image', async (given) => {
    const { provider, received } = await against({});
    const error = await failure(provider.start(startOf('seedream', {}, given), openDeadline));
    expect(provider.classify(error)).toMatchObject({ request: 'refused' });
    expect(received).toEqual([]);
  });
});

describe('check', () => {
  const states = async (answer: unknown, settings = {}) => {
    const { provider } = await against({ 'GET /jobs/job_1': answer }, settings);
    return await provider.check({ jobId: 'job_1' });
  };

  it('tells how far a job is', async () => {
    expect(await states({ job_id: 'job_1', status: 'processing', progress: 40 })).toEqual({
      state: 'pending',
      status: 'processing (40%)',
      known: true,
    });
    expect(await states({ status: 'paused' })).toEqual({
      state: 'pending',
      status: 'paused',
      known: false,
    });
  });

  it('reads images, what they cost and how long their links live', async () => {
    const done = {
      job_id: 'job_1',
      status: 'completed',
      progress: 100,
      completed_at: '2024-01-15T10:30:00Z',
      images: [{ url: 'https://cdn.example.com/1', width: 1024, height: 1024 }],
      tokens_used: 10,
    };
    const output = { remote: null, url: 'https://cdn.example.com/1' };
    expect(await states(done)).toEqual({
      state: 'succeeded',
      unreadable: 0,
      outputs: [{ ...output, expiresAt: null }],
      billed: 10_000,
    });
    expect(await states(done, { outputLifetime: '1h' })).toMatchObject({
      outputs: [{ ...output, expiresAt: Date.parse('2024-01-15T11:30:00Z') }],
    });
  });

  it('says why a job failed, and nothing of a refund', async () => {
    const error = { code: 'generation_failed', message: 'no product found' };
    expect(await states({ status: 'failed', error })).toEqual({
      state: 'failed',
      reason: 'no product found',
      refunded: null,
      billed: null,
    });
    expect(await states({ status: 'failed' })).toMatchObject({
      reason: 'ProductAI reports failed without a reason',
    });
  });

  it('takes only the word of the vendor that there is no such job', async () => {
    const { provider } = await against({});
    expect(await provider.check({ jobId: 'job_2' })).toEqual({ state: 'missing' });
    const { url } = await serve((_, response) => response.writeHead(404).end('<html></html>'));
    await expect(connect(url).check({ jobId: 'job_2' })).rejects.toThrow(/404/);
  });

  it('describes a job as far as it is shown', async () => {
    const { provider } = await against({
      'GET /jobs/job_1': { status: 'pending', model: 'seedream', num_images: 2 },
      'GET /jobs/job_2': { status: 'pending', model: 'seedream', prompt: 'on marble' },
    });
    const reported = { operation: 'image', ended: false, model: 'seedream' };
    expect(await provider.describe?.({ jobId: 'job_1' })).toEqual(reported);
    expect(await provider.describe?.({ jobId: 'job_2' })).toEqual({
      ...reported,
      prompt: 'on marble',
    });
  });
});

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const jobAt = (minute: number) => ({ job_id: `job_${minute}`, created_at: at(minute) });
const jobsPage = (offset: number): string => `GET /jobs?limit=20&offset=${offset}`;
const jobsIn = (provider: Awaited<ReturnType<typeof against>>['provider'], from = 0, to = 59) =>
  provider.listJobs?.(Date.parse(at(from)), Date.parse(at(to)));

describe('listJobs', () => {
  it.each([
    ['in an object', { jobs: [jobAt(2), jobAt(1)], has_more: false }],
    ['bare', [jobAt(2), jobAt(1)]],
    [
      'deeper, under plain ids',
      { data: { items: [{ id: 'job_1', created_at: at(1) }, jobAt(2)] } },
    ],
  ])('reads a list that is %s', async (_, answer) => {
    const { provider } = await against({ [jobsPage(0)]: answer, [jobsPage(2)]: [] });
    const listed = await jobsIn(provider);
    expect(listed?.entries.map(({ id, createdAt }) => [id, createdAt])).toEqual([
      ['job_1', Date.parse(at(1))],
      ['job_2', Date.parse(at(2))],
    ]);
  });

  it('follows pages to the end of the window where the newest come first', async () => {
    const { provider, received } = await against({
      [jobsPage(0)]: { jobs: [jobAt(9), jobAt(8)], has_more: true },
      [jobsPage(2)]: { jobs: [jobAt(7), jobAt(4)], has_more: true },
    });
    const listed = await jobsIn(provider, 5, 8);
    expect(listed?.entries.map(({ id }) => id)).toEqual(['job_7', 'job_8']);
    expect(received).toHaveLength(2);
  });

  it('reads on past old jobs where the oldest come first', async () => {
    const { provider } = await against({
      [jobsPage(0)]: { jobs: [jobAt(1), jobAt(2)], has_more: true },
      [jobsPage(2)]: { jobs: [jobAt(3), jobAt(7)], has_more: false },
    });
    expect((await jobsIn(provider, 5))?.entries.map(({ id }) => id)).toEqual(['job_7']);
  });

  it('takes no half of a list for the whole', async () => {
    const page = { jobs: [jobAt(9), jobAt(8)], has_more: true };
    const { provider } = await against({ [jobsPage(0)]: page, [jobsPage(2)]: page });
    await expect(jobsIn(provider)).rejects.toThrow('does not list all of its jobs');
    const { provider: other } = await against({ [jobsPage(0)]: { message: 'soon' } });
    await expect(jobsIn(other)).rejects.toThrow(/unexpected|answer|shape/i);
  });

  it('keeps a job without a time, which may be the one', async () => {
    const answer = { jobs: [{ job_id: 'job_1', tokens_used: 5 }], has_more: false };
    const { provider } = await against({ [jobsPage(0)]: answer });
    expect(await jobsIn(provider, 5)).toEqual({
      entries: [{ job: { jobId: 'job_1' }, id: 'job_1', createdAt: null, billed: 5_000 }],
      unreadable: 0,
    });
  });
});

describe('uploads', () => {
  const asset = { asset_id: 'asset_1', status: 'processing', url: 'https://cdn.example.com/1' };

  it('are sent with their name, and not ready while they are processed', async () => {
    const { provider, received } = await against({ 'POST /training-asset': asset });
    expect(await provider.upload?.(await fileOf())).toEqual({
      remote: 'asset_1',
      url: asset.url,
      expiresAt: null,
      ready: false,
    });
    expect(received[0]?.body).toContain('name="file"; filename="shoe.jpg"');
    expect(received[0]?.body).toContain('name="name"\r\n\r\nshoe.jpg');
  });

  it.each([
    [{ bytes: 10 * 1024 * 1024 + 1 }, 'shoe.jpg has 10.1 MB, and ProductAI takes at most 10 MB'],
    [{ mime: 'image/heic' }, 'shoe.jpg is HEIC, and ProductAI takes JPEG, PNG and WebP'],
  ])('that the vendor would refuse are not sent: %j', async (facts, message) => {
    for (const dialect of ['a', 'b']) {
      const { provider, received } = await against({}, { dialect });
      const error = await failure(provider.upload?.(await fileOf(facts)) ?? Promise.resolve());
      expect(provider.classify(error)).toMatchObject({ request: 'refused', message });
      expect(received).toEqual([]);
    }
  });

  it('tell their state in the list of them', async () => {
    const first = 'GET /my-uploaded-assets?limit=20&offset=0';
    const { provider } = await against({
      [first]: { assets: [{ ...asset, status: 'ready', name: 'shoe' }, { id: 7 }] },
      'GET /my-uploaded-assets?limit=20&offset=2': { assets: [{ id: 'x', status: 'failed' }] },
      'GET /my-uploaded-assets?limit=20&offset=3': { assets: [] },
    });
    const ids = ['asset_1', '7', 'x', 'y'];
    expect(await provider.uploadStates?.(ids)).toEqual(['ready', 'ready', 'failed', 'missing']);
    expect(await provider.files?.list()).toEqual({
      entries: [
        { id: 'asset_1', name: 'shoe', createdAt: null, state: 'ready' },
        { id: '7', name: null, createdAt: null, state: null },
        { id: 'x', name: null, createdAt: null, state: 'failed' },
      ],
      unreadable: 0,
    });
    expect(provider.files?.delete).toBeUndefined();
  });
});

describe('the free calls', () => {
  it('page through presets', async () => {
    const { provider } = await against({
      'GET /presets?limit=100&offset=0': {
        presets: [{ preset_id: 'preset_1', name: 'Marble' }],
        has_more: true,
      },
      'GET /presets?limit=100&offset=1': { presets: [{ preset_id: 'preset_2' }], has_more: false },
    });
    expect(await provider.presets?.()).toEqual({
      entries: [
        { id: 'preset_1', name: 'Marble' },
        { id: 'preset_2', name: 'preset_2' },
      ],
      unreadable: 0,
    });
  });

  it('show the generations that are left as the balance', async () => {
    const me = { id: 'u', email: 'a@example.com', plan: 'pro', credits: { generations: 100 } };
    const { provider } = await against({ 'GET /me': me });
    expect(await provider.verify()).toEqual({
      key: 'good',
      balance: 100_000,
      message: 'the key is good; plan pro',
    });
    const { provider: silent } = await against({ 'GET /me': {} });
    expect(await silent.verify()).toMatchObject({ key: 'good', balance: null });
  });

  it.each([
    [401, { error: { code: 'unauthorized', message: 'no' } }, 'refused'],
    [503, {}, 'unreachable'],
  ])('tell a refused key from a vendor that is not there: %i', async (status, body, key) => {
    const { url } = await serve((_, response) => json(response, status, body));
    expect(await connect(url).verify()).toMatchObject({ key, balance: null });
  });
});
