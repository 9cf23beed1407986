import { describe, expect, it } from 'vitest';
import type { SimulatorSettings } from '../../src/simulator/index.ts';
import { download, open as openVendor, type Client } from './support.ts';

const image = '/api/ai/image/generate';
const video = '/api/ai/video/generate';
const chair = { prompt: 'a chair', model: 'gpt-image-2' };
const waves = { prompt: 'waves', model: 'veo3_fast', inputMode: 'text_to_video' };

const open = (settings: Partial<SimulatorSettings> = {}) => openVendor(settings, 'gptimage2api');

async function task(client: Client, body: object = chair, path = image) {
  const ordered = await client.post(path, body);
  if (ordered.status !== 200) throw new Error(JSON.stringify(ordered.body));
  client.pass(10_000);
  return (await client.get(`/api/ai/tasks/${ordered.body.taskId}`)).body;
}

describe('GPTImage2API', () => {
  it('answers a start as its documents show', async () => {
    const client = await open();
    const { status, body } = await client.post(image, chair);
    expect(status).toBe(200);
    expect(body).toEqual({
      taskId: expect.stringMatching(/^tsk_[0-9A-HJKMNP-TV-Z]{26}$/),
      status: 0,
      creditsUsed: 3,
    });
    const pending = await client.get(`/api/ai/tasks/${body.taskId}`);
    expect(pending.body).toMatchObject({ status: 0, imageUrls: [], creditsRefunded: false });
    expect(client.simulator.book.requests).toMatchObject({
      'GET /gptimage2api/api/ai/tasks/:id 200': 1,
    });
  });

  it('shows tasks in either set of names', async () => {
    const client = await open();
    const reference = await task(client);
    expect(reference).toMatchObject({ type: 'image', status: 1, model: 'gpt-image-2' });
    expect(Object.keys(reference)).toEqual(
      expect.arrayContaining(['taskId', 'imageUrls', 'creditsRefunded', 'updatedAt']),
    );
    client.simulator.settings.taskStyle = 'quickstart';
    const quick = await task(client);
    expect(Object.keys(quick)).toEqual(
      expect.arrayContaining(['id', 'outputImageUrls', 'creditRefunded', 'completedAt']),
    );
    expect(quick).not.toHaveProperty('taskId');
  });

  it('makes images and videos', async () => {
    const client = await open();
    const jpeg = await download((await task(client)).imageUrls[0]);
    expect(jpeg.subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const png = await download(
      (await task(client, { ...chair, outputFormat: 'png' })).imageUrls[0],
    );
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const bytes = await download((await task(client, waves, video)).videoUrl);
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
  });

  it('makes the same image of the same request, and another of another take', async () => {
    const first = await open();
    const second = await open();
    const [one, two] = [await task(first), await task(second)];
    const bytes = await download(one.imageUrls[0]);
    expect(await download(two.imageUrls[0])).toEqual(bytes);
    expect(await download((await task(first)).imageUrls[0])).not.toEqual(bytes);
  });

  it('edits its own files and public links, and nothing else', async () => {
    const client = await open();
    const own = (await task(client)).imageUrls[0];
    const edited = await task(client, { ...chair, inputImageUrls: [own] });
    expect(edited.status).toBe(1);
    await task(client, { ...chair, inputImageUrls: ['https://example.com/a.png'] });
    for (const link of ['http://127.0.0.1/a.png', 'file:///a.png', 'a.png']) {
      const { status, body } = await client.post(image, { ...chair, inputImageUrls: [link] });
      expect([status, Object.keys(body.details.fieldErrors)]).toEqual([400, ['inputImageUrls']]);
    }
  });

  it.each<[string, object, number]>([
    [image, { ...chair, model: 'nano-banana-2' }, 4],
    [image, { ...chair, model: 'nano-banana-2', resolution: '4K' }, 8],
    [image, { ...chair, model: 'nano-banana-pro', resolution: '4K' }, 20],
    [video, waves, 9],
    [video, { ...waves, model: 'hailuo/02-text-to-video-pro', duration: 10 }, 48],
    [video, { ...waves, model: 'sora-2-text-to-video', resolution: '1080p', duration: 20 }, 30],
  ])('charges for %s %j %i credits', async (path, body, credits) => {
    const client = await open();
    expect((await client.post(path, body)).body.creditsUsed).toBe(credits);
    expect(client.simulator.book.accepted).toMatchObject([{ cost: credits }]);
  });

  it.each<[string, object, string]>([
    [image, { model: 'gpt-image-2' }, 'prompt'],
    [image, { ...chair, prompt: 'x'.repeat(20_001) }, 'prompt'],
    [image, { ...chair, model: 'google/nano-banana', prompt: 'x'.repeat(5_001) }, 'prompt'],
    [image, { ...chair, aspectRatio: '4:6' }, 'aspectRatio'],
    [image, { ...chair, inputImageUrls: Array(5).fill('https://example.com/1') }, 'inputImageUrls'],
    [image, { ...chair, model: 'nano-banana-pro', resolution: '1K' }, 'resolution'],
    [image, { ...chair, providerInput: [] }, 'providerInput'],
    [image, { prompt: 'a chair' }, 'model'],
    [image, waves, 'model'],
    [video, chair, 'model'],
    [video, { ...waves, model: 'kling/v2-1-pro' }, 'inputMode'],
    [video, { ...waves, inputMode: 'image_to_video' }, 'inputImageUrls'],
    [video, { ...waves, duration: 5 }, 'duration'],
  ])('refuses %s with a wrong field', async (path, body, field) => {
    const client = await open();
    const answer = await client.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'Invalid request', details: { formErrors: [] } });
    expect(Object.keys(answer.body.details.fieldErrors)).toEqual([field]);
    expect(client.simulator.book.accepted).toEqual([]);
  });

  it('refuses fields that it does not know', async () => {
    const client = await open();
    const { body } = await client.post(image, { ...chair, numImages: 2 });
    expect(body.details.formErrors).toEqual([expect.stringContaining('numImages')]);
  });

  it('answers want of a key, of credits and of a task as documented', async () => {
    const client = await open({ credits: 2 });
    const stranger = await client.get('/api/ai/tasks/x', { authorization: 'Bearer bad' });
    expect([stranger.status, stranger.body]).toEqual([401, { error: 'Unauthorized' }]);
    const poor = await client.post(image, chair);
    expect([poor.status, poor.body]).toEqual([402, { error: 'Insufficient credits', required: 3 }]);
    const none = await client.get('/api/ai/tasks/tsk_0');
    expect([none.status, none.body]).toEqual([404, { error: 'Task not found' }]);
  });

  it('keeps the tasks of one key from another', async () => {
    const client = await open();
    const { taskId } = await task(client);
    const other = await client.get(`/api/ai/tasks/${taskId}`, { authorization: 'Bearer other' });
    expect(other.status).toBe(404);
  });

  it('gives the credits of a failure back, late where the settings say so', async () => {
    const client = await open({ failRate: 1, refundLagMs: 60_000, credits: 3 });
    const failed = await task(client);
    expect(failed).toMatchObject({ status: 2, errorCode: 'EMPTY_RESULT', creditsRefunded: false });
    expect((await client.post(image, chair)).status).toBe(402);
    client.pass(60_000);
    const later = await client.get(`/api/ai/tasks/${failed.taskId}`);
    expect(later.body).toMatchObject({ status: 2, creditsUsed: 3, creditsRefunded: true });
    expect(client.simulator.book.accepted).toMatchObject([{ state: 'failed', refunded: true }]);
    expect((await client.post(image, chair)).status).toBe(200);
  });
});
