import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import type { SimulatorSettings } from '../../src/simulator/index.ts';
import { download, open as openVendor, type Client } from './support.ts';

const open = (settings: Partial<SimulatorSettings> = {}) => openVendor(settings, 'wonda');
const mug = { model: 'nano-banana-2', prompt: 'a mug' };

const error = (code: string) => ({ error: { code, message: expect.any(String) } });

const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const videoBytes = new Uint8Array(Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1'));

function form(files: Readonly<Record<string, [Uint8Array<ArrayBuffer>, string]>>): FormData {
  const data = new FormData();
  for (const [field, [bytes, type]] of Object.entries(files))
    data.append(field, new Blob([bytes], { type }), `${field}.bin`);
  return data;
}

async function uploaded(client: Client, bytes = jpeg, type = 'image/jpeg'): Promise<string> {
  const { body } = await client.post('/media/upload', form({ file: [bytes, type] }));
  return body.mediaId;
}

/** Orders, waits, and gives the job as it ended. */
async function finish(client: Client, path: string, body: unknown) {
  const ordered = await client.post(path, body);
  if (ordered.status !== 200) throw new Error(JSON.stringify(ordered.body));
  client.pass(10_000);
  return (await client.get(`/jobs/inference/${ordered.body.inferenceJobId}`)).body;
}

describe('every Wonda request', () => {
  it('needs an accepted key', async () => {
    const client = await open();
    const answer = await client.get('/balance', { authorization: 'Bearer bad-key' });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject(error('unauthorized'));
  });

  it('may name a project that exists, and an organisation', async () => {
    const client = await open({ projects: ['spring'] });
    const named = (project: string) => client.get('/balance', { 'x-wonda-project': project });
    expect((await named('spring')).status).toBe(200);
    const answer = await named('autumn');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(error('unknown_project'));
    expect((await client.get('/balance', { 'x-wonda-org': 'acme' })).status).toBe(200);
  });

  it('of an unknown path, and of retired ones, gets the vendor error body', async () => {
    const client = await open();
    expect((await client.get('/nowhere')).body).toMatchObject(error('not_found'));
    const retired = await client.post('/image/edit', {});
    expect(retired.status).toBe(410);
    expect(retired.body).toMatchObject(error('gone'));
  });
});

describe('image generation', () => {
  it('waits, runs and succeeds as time passes', async () => {
    const client = await open({ jobMs: 1_000 });
    const { body } = await client.post('/image/generate', {
      ...mug,
      params: { aspectRatio: '16:9' },
    });
    expect(body.inferenceJobId).toMatch(/^ij_/);
    const poll = async () => (await client.get(`/jobs/inference/${body.inferenceJobId}`)).body;
    expect(await poll()).toMatchObject({ status: 'idle', outputs: [], finishedAt: null });
    client.pass(500);
    expect((await poll()).status).toBe('in_progress');
    client.pass(500);
    const done = await poll();
    expect(done).toMatchObject({ status: 'succeeded', model: 'nano-banana-2', type: 'image' });
    const [{ outputKey, media }] = done.outputs;
    expect([outputKey, media.mimeType]).toEqual(['image', 'image/png']);
    expect((await sharp(await download(media.url)).metadata()).format).toBe('png');
    expect(client.simulator.book.accepted).toMatchObject([{ cost: 40, state: 'success' }]);
  });

  it('gives ids in either of the documented forms', async () => {
    const client = await open({ inferenceIds: 'uuid' });
    const { body } = await client.post('/image/generate', mug);
    expect(body.inferenceJobId).toMatch(/^[0-9a-f]{8}-/);
    expect((await client.get(`/jobs/inference/${body.inferenceJobId}`)).status).toBe(200);
  });

  it.each([
    ['no model', { prompt: 'x' }],
    ['an unknown model', { ...mug, model: 'nobody' }],
    ['an unknown field', { ...mug, aspectRatio: '1:1' }],
    ['an unknown parameter', { ...mug, params: { size: 1 } }],
    ['a ratio of another model', { ...mug, params: { aspectRatio: '9:21' } }],
    ['an upper case K for grok', { ...mug, model: 'grok-imagine', params: { resolution: '2K' } }],
    ['no prompt', { model: 'z-image' }],
    ['a model that makes no image', { model: 'sora2', prompt: 'x' }],
    ['attachments that do not exist', { ...mug, attachmentMediaIds: ['none'] }],
    [
      'attachments of a model without',
      { model: 'z-image', prompt: 'x', attachmentMediaIds: ['a'] },
    ],
    ['no image to work on', { model: 'birefnet-bg-removal' }],
  ])('refuses %s', async (_, body) => {
    const client = await open();
    const answer = await client.post('/image/generate', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(error('validation_error'));
    expect(client.simulator.book.accepted).toEqual([]);
  });

  it('wants JSON that says so', async () => {
    const client = await open();
    const headers = { 'content-type': 'text/plain' };
    const answer = await client.post('/image/generate', mug, headers);
    expect(answer.body).toMatchObject(error('bad_request'));
  });

  it('refuses what the account cannot pay, and too many at once', async () => {
    const client = await open({ credits: 50, perMinute: 2 });
    expect((await client.post('/image/generate', mug)).status).toBe(200);
    const poor = await client.post('/image/generate', mug);
    expect([poor.status, poor.body.error.code]).toEqual([402, 'insufficient_credits']);
    const limited = await client.post('/image/generate', mug);
    expect([limited.status, limited.body.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(limited.headers.get('retry-after')).toBe('60');
  });

  it('says why a job failed', async () => {
    const client = await open({ failRate: 1 });
    expect(await finish(client, '/image/generate', mug)).toMatchObject({
      status: 'failed',
      errorMessage: 'Generation failed',
      outputs: [],
    });
  });

  it('makes other images of other attachments, in another order too', async () => {
    const client = await open();
    const one = await uploaded(client);
    const two = await uploaded(client, new Uint8Array([...jpeg, 9]));
    const bytesOf = async (attachmentMediaIds: string[]) => {
      const body = { ...mug, attachmentMediaIds };
      const done = await finish(client, '/image/generate', body);
      return (await download(done.outputs[0].media.url)).toString('base64');
    };
    const made = [await bytesOf([one, two]), await bytesOf([two, one]), await bytesOf([one])];
    expect(new Set(made).size).toBe(3);
  });

  it('keeps the media of one account from another', async () => {
    const client = await open();
    const attachmentMediaIds = [await uploaded(client)];
    const stranger = { authorization: 'Bearer somebody' };
    const answer = await client.post('/image/generate', { ...mug, attachmentMediaIds }, stranger);
    expect(answer.status).toBe(400);
    expect((await client.get(`/media/${attachmentMediaIds[0]}`, stranger)).status).toBe(404);
  });
});

describe('edits', () => {
  it('cut the background away by what the image is', async () => {
    const client = await open();
    const cutout = async (id: string) => {
      const body = { model: 'birefnet-bg-removal', attachmentMediaIds: [id] };
      const done = await finish(client, '/image/generate', body);
      return download(done.outputs[0].media.url);
    };
    const first = await cutout(await uploaded(client));
    const { format, hasAlpha } = await sharp(first).metadata();
    expect([format, hasAlpha]).toEqual(['png', true]);
    const alpha = (await sharp(first).stats()).channels[3];
    expect([alpha?.min, alpha?.max]).toEqual([0, 255]);
    expect((await cutout(await uploaded(client, new Uint8Array([...jpeg, 9])))).equals(first)).toBe(
      false,
    );
  });

  it('trace an image that the account made, as SVG', async () => {
    const client = await open();
    const made = await finish(client, '/image/generate', mug);
    const body = {
      model: 'runware-vectorize',
      attachmentMediaIds: [made.outputs[0].media.mediaId],
    };
    const { media } = (await finish(client, '/image/generate', body)).outputs[0];
    expect(media.mimeType).toBe('image/svg+xml');
    const drawn = await download(media.url);
    expect(drawn.toString()).toMatch(/^<svg xmlns=.*<path d="M/);
    expect((await sharp(drawn).metadata()).format).toBe('svg');
  });
});

describe('videos and texts', () => {
  it('cost by the second and by the character, as was estimated', async () => {
    const client = await open();
    const cost = async (section: string, body: unknown) => {
      const { estimatedCostMicrodollars: estimated } = (
        await client.post('/pricing/estimate', body)
      ).body;
      expect((await client.post(`/${section}/generate`, body)).status).toBe(200);
      expect(client.simulator.book.accepted.at(-1)?.cost).toBeCloseTo(estimated / 1_000);
      return estimated;
    };
    const params = { duration: 10 };
    expect(await cost('video', { model: 'seedance-2', prompt: 'x', params })).toBe(1_000_000);
    expect(await cost('video', { model: 'sora2' })).toBe(500_000);
    expect(await cost('text', { model: 'scribe-text-1', prompt: 'x'.repeat(50) })).toBe(500);
    expect(await cost('image', { ...mug, params: { resolution: '4K' } })).toBe(80_000);
    const unknown = await client.post('/pricing/estimate', { model: 'nobody' });
    expect(unknown.body).toMatchObject(error('validation_error'));
  });

  it('are a video and a value', async () => {
    const client = await open();
    const shot = await finish(client, '/video/generate', { model: 'kling_3_pro', prompt: 'x' });
    const { media } = shot.outputs[0];
    expect(media).toMatchObject({ mimeType: 'video/mp4', durationMs: 5_000 });
    expect((await download(media.url)).subarray(4, 8).toString()).toBe('ftyp');
    const text = await finish(client, '/text/generate', { model: 'scribe-text-1', prompt: 'hey' });
    expect(text.outputs).toMatchObject([
      { outputKey: 'text', outputValue: expect.stringContaining('hey'), media: null },
    ]);
  });

  it('refuse a video that is still being made ready', async () => {
    const client = await open({ downloadMs: 1_000 });
    const id = await uploaded(client, videoBytes, 'video/mp4');
    const body = { model: 'topaz-video-upscale', attachmentMediaIds: [id] };
    const early = await client.post('/video/generate', body);
    expect([early.status, early.body.error.code]).toEqual([409, 'conflict']);
    expect((await client.get(`/media/${id}`)).body.status).toBe('processing');
    client.pass(1_000);
    expect((await client.get(`/media/${id}`)).body.status).toBe('ready');
    expect((await client.post('/video/generate', body)).status).toBe(200);
    const image = { ...body, attachmentMediaIds: [await uploaded(client)] };
    expect((await client.post('/video/generate', image)).status).toBe(400);
  });
});

describe('media', () => {
  it('takes one file, or several of which some may fail', async () => {
    const client = await open();
    const single = await client.post('/media/upload', form({ file: [jpeg, 'image/jpeg'] }));
    expect(single.body).toEqual({
      mediaId: single.body.uploads.file.mediaId,
      url: expect.stringContaining('/files/'),
      mimeType: 'image/jpeg',
      uploads: { file: expect.objectContaining({ mimeType: 'image/jpeg' }) },
    });
    const files = form({ front: [jpeg, 'image/jpeg'], back: [jpeg, 'image/png'] });
    const several = await client.post('/media/upload', files);
    expect(several.body).toEqual({
      uploads: { front: expect.objectContaining({ mediaId: expect.any(String) }) },
      errors: { back: 'the file is no image/png' },
    });
  });

  it.each([
    [form({ file: [jpeg, 'image/heic'] })],
    [form({ file: [new Uint8Array(), 'image/jpeg'] })],
    [form({})],
    [{ file: 'x' }],
  ])('refuses what is no file of a kind it takes', async (body) => {
    const client = await open();
    const answer = await client.post('/media/upload', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject(error('validation_error'));
  });

  it('is listed by kind and source, newest first', async () => {
    const client = await open();
    const image = await uploaded(client);
    const video = await uploaded(client, videoBytes, 'video/mp4');
    await finish(client, '/image/generate', mug);
    const listed = async (query: string) => (await client.get(`/media${query}`)).body.media;
    expect((await listed('?source=user_upload')).map(({ mediaId }: any) => mediaId)).toEqual([
      video,
      image,
    ]);
    expect(await listed('')).toHaveLength(3);
    expect(await listed('?kind=image&limit=1')).toHaveLength(1);
    expect(await listed('?source=model_generated')).toMatchObject([{ kind: 'image' }]);
    for (const query of ['?limit=101', '?limit=0', '?kind=text', '?source=mars'])
      expect((await client.get(`/media${query}`)).status).toBe(400);
  });
});

describe('free lists', () => {
  it('tell the models with their parameters, and editing as empty', async () => {
    const client = await open();
    const { generation, editing } = (await client.get('/capabilities')).body;
    expect(editing).toEqual({ video: [], image: [], audio: [] });
    const kling = generation.video.find(({ key }: any) => key === 'kling_3_pro');
    expect(kling).toMatchObject({
      attachments: ['references'],
      params: {
        type: 'object',
        additionalProperties: false,
        properties: { duration: { type: 'integer', minimum: 3, maximum: 15, default: 5 } },
      },
    });
    expect(kling.params.required ?? []).toEqual([]);
    expect(generation.text).toHaveLength(1);
  });

  it('tell prices and the balance', async () => {
    const client = await open({ credits: 100 });
    const { models } = (await client.get('/pricing')).body;
    expect(models.find(({ key }: any) => key === 'sora2').pricing).toEqual([
      {
        unit: 'per_second',
        variant: null,
        unitPriceMicrodollars: 100_000,
        unitPriceUsd: '$0.100000',
        credits: 100,
      },
    ]);
    await client.post('/image/generate', mug);
    expect((await client.get('/balance')).body).toMatchObject({
      balanceMicrodollars: 60_000,
      credits: 60,
    });
  });
});
