import { describe, expect, it } from 'vitest';
import { bottle, download, finish, open, untrained, uploadForm } from './support.ts';

describe('trained models', () => {
  it('are made, changed, listed and deleted', async () => {
    const client = await open();
    const id = await untrained(client, 0);
    expect((await client.get(`/models/${id}`)).body.result).toMatchObject({ id, status: 'new' });
    expect((await client.post('/models', { id, name: 'Ann' })).status).toBe(200);
    expect((await client.get('/models')).body.result).toHaveLength(1);
    expect((await client.remove(`/models/${id}`)).status).toBe(200);
    expect((await client.get(`/models/${id}`)).status).toBe(404);
    expect((await client.get('/models')).body.result).toEqual([]);
  });

  it('need a name, an age and a gender', async () => {
    const client = await open();
    const whole = { name: 'Anna', age: 29, gender: 'Female' };
    expect((await client.post('/models', { ...whole, age: '29' })).status).toBe(400);
    expect((await client.post('/models', { ...whole, gender: 'female' })).status).toBe(400);
    expect((await client.post('/models', { name: 'Anna' })).status).toBe(400);
    expect((await client.post('/models', { ...whole, hair: 'red' })).status).toBe(400);
  });

  it.each([11, 0])('refuse to train with %i images', async (count) => {
    const client = await open();
    const id = await untrained(client, count);
    const answer = await client.get(`/models/${id}/train`);
    expect(answer.status).toBe(400);
    expect(client.simulator.book.trainings).toEqual([]);
  });

  it('train once, take their time, then make images', async () => {
    const client = await open({ trainingMs: 60_000 });
    const id = await untrained(client, 12);
    expect((await client.get(`/models/${id}/train`)).body.result).toBe('Training triggered');
    expect((await client.get(`/models/${id}/train`)).status).toBe(400);
    const shot = { modelID: id, prompt: 'a portrait', width: 768, height: 1_024, steps: 30 };
    expect((await client.get(`/models/${id}`)).body.result.status).toBe('training');
    expect((await client.post('/images/generation', shot)).status).toBe(400);
    client.pass(60_000);
    expect((await client.get(`/models/${id}`)).body.result.status).toBe('ready');
    expect((await finish(client, undefined, shot)).images).toHaveLength(1);
    expect((await client.post('/images/generation', { ...shot, aspectRatio: '1:1' })).status).toBe(
      400,
    );
    expect(client.simulator.book.trainings).toMatchObject([{ id, cost: 300, state: 'success' }]);
    expect((await client.get('/jobs')).body.result.jobs).toHaveLength(1);
  });

  it('train only so many at a time', async () => {
    const client = await open({ maxTrainings: 1 });
    const [one, two] = [await untrained(client, 12), await untrained(client, 12)];
    await client.get(`/models/${one}/train`);
    expect((await client.get(`/models/${two}/train`)).status).toBe(429);
  });

  it('belong to the key that made them', async () => {
    const client = await open();
    const id = await untrained(client, 0);
    const other = { authorization: 'Bearer somebody' };
    expect((await client.get(`/models/${id}`, other)).status).toBe(404);
    expect((await client.get('/models', other)).body.result).toEqual([]);
  });
});

describe('uploads', () => {
  it('accept data as text and as JSON', async () => {
    const client = await open();
    const id = await untrained(client, 0);
    expect((await client.post('/images/upload', uploadForm(id))).body.result).toMatchObject({
      modelID: id,
      type: 'modelInput',
    });
    const form = uploadForm(id, 'auxiliaryType');
    const data = JSON.stringify({ modelID: id, type: 'auxiliaryType' });
    form.set('data', new Blob([data], { type: 'application/json' }));
    const image = (await client.post('/images/upload', form)).body.result;
    expect(image.type).toBe('auxiliaryType');
    expect((await download(image.url)).subarray(1, 4).toString()).toBe('PNG');
    expect(client.simulator.book.uploads).toHaveLength(2);
  });

  it('refuse what is no image, what is too large, and what belongs nowhere', async () => {
    const client = await open();
    const id = await untrained(client, 0);
    const send = async (form: FormData) => (await client.post('/images/upload', form)).status;
    expect(await send(uploadForm(id, 'modelInput', '', Buffer.from('GIF89a')))).toBe(400);
    expect(await send(uploadForm(id, 'modelInput', 'x'.repeat(20 * 1_024 * 1_024)))).toBe(400);
    expect(await send(uploadForm(id, 'other'))).toBe(400);
    expect(await send(uploadForm('nobody'))).toBe(404);
    const bare = uploadForm(id);
    bare.delete('data');
    expect(await send(bare)).toBe(400);
  });

  it('stop at 20 of a type', async () => {
    const client = await open();
    const id = await untrained(client, 20);
    expect((await client.post('/images/upload', uploadForm(id))).status).toBe(400);
    expect((await client.post('/images/upload', uploadForm(id, 'auxiliaryType'))).status).toBe(200);
  });

  it('are listed by page and type, and can be deleted', async () => {
    const client = await open();
    const id = await untrained(client, 3);
    const list = async (query: string) => (await client.get(`/models/${id}/images?${query}`)).body;
    const page = await list('imageType=input&pageNum=2&pageSize=2');
    expect(page).toMatchObject({ page: 2, pageSize: 2, status: 'OK' });
    expect(page.result).toHaveLength(1);
    expect((await list('imageType=output')).result).toEqual([]);
    expect((await list('imageType=photos')).status).toBe('NOK');
    await client.remove(`/images/${page.result[0].id}`);
    expect((await list('imageType=all')).result).toHaveLength(2);
  });

  it('serve as references, by id and by URL', async () => {
    const client = await open();
    const image = (await client.post('/images/upload', uploadForm('nanobanana', 'auxiliaryType')))
      .body.result;
    const body = { ...bottle, referenceImageURLs: [image.url] };
    expect((await client.post('/images/generation', body)).status).toBe(200);
    const gone = { ...bottle, referenceImageURLs: [`${client.simulator.url}/files/none.png`] };
    expect((await client.post('/images/generation', gone)).status).toBe(400);
  });
});

describe('the job list', () => {
  it('pages through everything once, newest first', async () => {
    const client = await open({ listPageSize: 2 });
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.unshift((await client.post('/images/generation', bottle)).body.result.jobId);
      client.pass(1);
    }
    const seen: string[] = [];
    let token: string | null = '';
    while (token !== null) {
      const query: string = token === '' ? '' : `?pageToken=${token}`;
      const { result } = (await client.get(`/jobs${query}`)).body;
      seen.push(...result.jobs.map(({ jobId }: any) => jobId));
      token = result.nextPageToken;
    }
    expect(seen).toEqual(made);
    expect((await client.get('/jobs?pageToken=nonsense')).status).toBe(400);
  });

  it('shows the documented fields, and what was asked for only if it reveals that', async () => {
    const client = await open();
    const { jobId } = await finish(client);
    const first = async () => (await client.get('/jobs')).body.result.jobs[0];
    expect(Object.keys(await first()).toSorted()).toEqual([
      'createdAt',
      'credits',
      'errorMessage',
      'jobId',
      'status',
      'updatedAt',
    ]);
    client.simulator.settings.revealing = true;
    expect((await first()).data).toEqual(bottle);
    expect((await client.get(`/jobs/${jobId}`)).body.result.data).toEqual(bottle);
  });

  it('covers a day, or the range that was asked for, up to a week', async () => {
    const client = await open();
    await finish(client);
    client.pass(2 * 86_400_000);
    const list = (query: string) => client.get(`/jobs${query}`);
    expect((await list('')).body.result.jobs).toEqual([]);
    expect((await list('?start=2026-01-01T00:00:00Z')).body.result.jobs).toHaveLength(1);
    expect((await list('?start=2025-12-20T00:00:00Z')).status).toBe(400);
    expect((await list('?start=yesterday')).status).toBe(400);
  });

  it('belongs to one account', async () => {
    const client = await open();
    const { jobId } = await finish(client);
    const other = { authorization: 'Bearer somebody' };
    expect((await client.get(`/jobs/${jobId}`, other)).status).toBe(404);
    expect((await client.get('/jobs', other)).body.result.jobs).toEqual([]);
  });
});

describe('videos', () => {
  const clip = { modelID: 'veo-3.1', prompt: 'a wave', options: { veo: { duration: 4 } } };

  it('are fetched as MP4 after a download was prepared', async () => {
    const client = await open({ downloadMs: 1_000 });
    const job = await finish(client, '/videos/generation', { ...clip, numVideos: 2 });
    const [first, second] = job.videos;
    expect(first.url).toMatch(/\.m3u8$/);
    expect((await download(first.url)).toString()).toMatch(/^#EXTM3U/);
    expect((await client.get(`/videos/${first.id}/download`)).status).toBe(404);
    const videos: Buffer[] = [];
    for (const { id } of [first, second]) {
      await client.get(`/videos/${id}/create-download`);
      client.pass(500);
      const pending = (await client.get(`/videos/${id}/download`)).body.result;
      expect(pending).toMatchObject({ percentComplete: 50 });
      client.pass(500);
      const ready = (await client.get(`/videos/${id}/download`)).body.result;
      expect(ready).toMatchObject({ percentComplete: 100, status: 'ready' });
      videos.push(await download(ready.url));
    }
    expect(videos[0]?.subarray(4, 8).toString()).toBe('ftyp');
    expect(videos[0]?.equals(videos[1] ?? Buffer.of())).toBe(false);
    expect(boxes(videos[0] ?? Buffer.of())).toEqual(['ftyp', 'moov', 'mdat']);
    expect((await client.get('/videos')).body.result).toHaveLength(2);
    await client.remove(`/videos/${first.id}`);
    expect((await client.get(`/videos/${first.id}`)).status).toBe(404);
  });

  it.each([
    ['another duration', { ...clip, options: { veo: { duration: 5 } } }],
    ['another group', { ...clip, options: { kling: {} } }],
    [
      'a short clip with a reference image',
      { ...clip, referenceImages: [{ url: 'https://example.com/a.png', role: 'reference_image' }] },
    ],
    [
      'an unknown role',
      { ...clip, referenceImages: [{ url: 'https://example.com/a.png', role: 'x' }] },
    ],
  ])('refuse %s', async (_, body) => {
    const client = await open();
    expect((await client.post('/videos/generation', body)).status).toBe(400);
  });
});

function boxes(video: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < video.length; at += video.readUInt32BE(at)) {
    found.push(video.subarray(at + 4, at + 8).toString());
  }
  return found;
}
