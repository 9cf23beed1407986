import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import { gptimage2api } from '../../../src/providers/gptimage2api/index.ts';
import { nothingLearned, type JobState } from '../../../src/providers/port.ts';
import { failure, json, serve } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';

type Fields = Parameters<typeof startOf>[1];

async function sent(
  model: string,
  fields: Fields,
  links: readonly string[] = [],
  settings: JsonObject = {},
): Promise<unknown> {
  const { url, received } = await serve((_, response) =>
    json(response, 200, { taskId: 'tsk_1', status: 0, creditsUsed: 12 }),
  );
  const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings });
  const references = links.map((link) => ({ url: link }));
  const { models } = gptimage2api.offer(settings, nothingLearned);
  const makes = models.find(({ id }) => id === model)?.makes ?? 'image';
  const start = { ...startOf(model, fields, references), makes };
  const started = await provider.start(start, openDeadline);
  expect(started).toEqual({
    job: { taskId: 'tsk_1', creditsUsed: 12 },
    id: 'tsk_1',
    billed: 12_000,
  });
  expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer k-1' });
  return [received[0]?.url, JSON.parse(received[0]?.body ?? '')];
}

describe('start', () => {
  it('sends the request of the documents', async () => {
    const prompt = 'A luxury skincare bottle on warm paper';
    expect(await sent('gpt-image-2', { prompt, aspectRatio: '4:5' })).toEqual([
      '/api/ai/image/generate',
      { prompt, model: 'gpt-image-2', aspectRatio: '4:5' },
    ]);
  });

  it('edits images by their links, with every option in its place', async () => {
    const options = { outputFormat: 'png', providerInput: { style: 'raw' } };
    const fields = { prompt: 'bluer', resolution: '2K', options };
    const links = ['https://example.com/a.png', 'https://example.com/b.png'];
    const body = {
      prompt: 'bluer',
      model: 'nano-banana-2',
      resolution: '2K',
      inputImageUrls: links,
      providerInput: { style: 'raw' },
    };
    const path = '/api/ai/image/generate';
    expect(await sent('nano-banana-2', fields, links)).toEqual([
      path,
      { ...body, outputFormat: 'png' },
    ]);
    const settings = { outputFormatField: 'output_format' };
    expect(await sent('nano-banana-2', fields, links, settings)).toEqual([
      path,
      { ...body, output_format: 'png' },
    ]);
  });

  it.each([
    ['veo3', [], 'text_to_video'],
    ['veo3', ['https://example.com/a.png'], 'image_to_video'],
    ['kling/v2-1-pro', ['https://example.com/a.png'], 'image_to_video'],
    ['sora-2-text-to-video', [], 'text_to_video'],
  ])('tells the mode of %s from %j', async (model, links, inputMode) => {
    const fields = { prompt: 'waves', duration: 8, aspectRatio: '16:9', options: { sound: true } };
    const inputs = links.length > 0 ? { inputImageUrls: links } : {};
    const { prompt, duration, aspectRatio } = fields;
    expect(await sent(model, fields, links)).toEqual([
      '/api/ai/video/generate',
      { prompt, model, duration, aspectRatio, inputMode, sound: true, ...inputs },
    ]);
  });

  it('takes an unknown model for one of videos when it has a duration', async () => {
    expect(await sent('new/one', { prompt: 'x', duration: 5 })).toMatchObject([
      '/api/ai/video/generate',
      { inputMode: 'text_to_video' },
    ]);
    expect(await sent('new/one', { prompt: 'x', seed: 7 })).toEqual([
      '/api/ai/image/generate',
      { prompt: 'x', model: 'new/one', seed: 7 },
    ]);
  });

  it.each([
    ['a reference without a link', startOf('veo3', { prompt: 'x' }, [{ remote: 'r' }])],
    ['more than one file', startOf('new/one', { prompt: 'x', outputs: 2 })],
  ])('sends nothing for %s', async (_, start) => {
    const { url, received } = await serve((__, response) => json(response, 200, {}));
    const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings: {} });
    const error = await failure(provider.start(start, openDeadline));
    expect(provider.classify(error)).toMatchObject({ request: 'refused' });
    expect(received).toEqual([]);
  });

  it('leaves open what became of a start that is answered without an id', async () => {
    const { url } = await serve((_, response) => json(response, 200, { status: 0 }));
    const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings: {} });
    const error = await failure(provider.start(startOf('veo3', { prompt: 'x' }), openDeadline));
    expect(provider.classify(error)).toMatchObject({ request: 'ambiguous' });
  });
});

const finishedAt = '2026-01-01T00:00:00.000Z';
const job = { taskId: 'tsk/1', creditsUsed: 5 };

async function stateOf(task: object, settings: JsonObject = {}): Promise<JobState> {
  const { url, received } = await serve((_, response) => json(response, 200, task));
  const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings });
  const state = await provider.check(job);
  expect(received[0]?.url).toBe('/api/ai/tasks/tsk%2F1');
  return state;
}

const output = (url: string, expiresAt: number | null = null) => ({ remote: null, url, expiresAt });

describe('check', () => {
  it.each<[string, object, string[]]>([
    [
      'reference page',
      { taskId: 't', imageUrls: ['https://x/1'], videoUrl: null },
      ['https://x/1'],
    ],
    [
      'quickstart',
      { id: 't', outputImageUrls: ['https://x/1', 'https://x/2'] },
      ['https://x/1', 'https://x/2'],
    ],
    ['reference page, of a video', { imageUrls: [], videoUrl: 'https://x/v' }, ['https://x/v']],
    ['quickstart, of a video', { outputVideoUrl: 'https://x/v' }, ['https://x/v']],
    ['vendor on a bad day', { imageUrls: null }, []],
  ])('reads a finished task in the words of the %s', async (_, fields, urls) => {
    expect(await stateOf({ status: 1, creditsUsed: 12, ...fields })).toEqual({
      state: 'succeeded',
      unreadable: 0,
      outputs: urls.map((url) => output(url)),
      billed: 12_000,
    });
  });

  it.each([['completedAt'], ['updatedAt']])('counts the life of a link from %s', async (name) => {
    const task = { status: 1, imageUrls: ['https://x/1'], [name]: finishedAt };
    expect(await stateOf(task, { outputLifetime: '24h' })).toEqual({
      state: 'succeeded',
      unreadable: 0,
      outputs: [output('https://x/1', Date.parse(finishedAt) + 86_400_000)],
      billed: 5_000,
    });
  });

  it.each<[object, boolean | 'promised', string]>([
    [{ creditsRefunded: true, errorCode: 'EMPTY_RESULT' }, true, 'EMPTY_RESULT'],
    [{ creditRefunded: true, errorMessage: 'no luck' }, true, 'no luck'],
    [
      { creditsRefunded: false, errorCode: 'STORAGE_ERROR', errorMessage: 'disk' },
      'promised',
      'STORAGE_ERROR; disk',
    ],
    [{}, 'promised', 'GPTImage2API reports failed without a reason'],
  ])('reads a failure %j', async (fields, refunded, reason) => {
    const billed = 12_000;
    expect(await stateOf({ status: 2, creditsUsed: 12, ...fields })).toEqual({
      state: 'failed',
      reason,
      refunded,
      billed,
    });
  });

  it('waits for a task in any other state', async () => {
    expect(await stateOf({ status: 0 })).toMatchObject({ state: 'pending', known: true });
    expect(await stateOf({ status: 7 })).toEqual({
      state: 'pending',
      status: 'status 7',
      known: false,
    });
  });

  it('believes the vendor alone that a task is missing', async () => {
    const answers = ['{"error":"Task not found"}', '<html>not found</html>'];
    const { url } = await serve((_, response) => response.writeHead(404).end(answers.shift()));
    const provider = gptimage2api.connect({ baseUrl: url, apiKey: 'k-1', settings: {} });
    expect(await provider.check(job)).toEqual({ state: 'missing' });
    expect(await failure(provider.check(job))).toMatchObject({ status: 404 });
  });
});
