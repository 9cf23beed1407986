import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MediaKind } from '../../../src/batch/model-spec.ts';
import type { JsonObject } from '../../../src/json.ts';
import type { FileToUpload, Provider } from '../../../src/providers/port.ts';
import { wonda } from '../../../src/providers/wonda/index.ts';
import { failure, json, serve, type Received } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';

type Answers = Readonly<Record<string, unknown>>;

/** The provider before a server that answers by `METHOD /path?query`. */
async function against(
  answers: Answers,
  settings: JsonObject = {},
): Promise<{ provider: Provider; received: Received[] }> {
  const { url, received } = await serve(({ method, url: path }, response) => {
    const answer = answers[`${method} ${path}`];
    const notFound = { error: { message: 'not found', code: 'not_found' } };
    json(response, answer === undefined ? 404 : 200, answer ?? notFound);
  });
  return { provider: wonda.connect({ baseUrl: url, apiKey: 'sk_1', settings }), received };
}

async function sent(
  start: ReturnType<typeof startOf>,
  makes: MediaKind = 'image',
): Promise<unknown> {
  const started = { inferenceJobId: 'ij_1' };
  const { provider, received } = await against({
    'POST /image/generate': started,
    'POST /video/generate': started,
    'POST /text/generate': started,
  });
  const answer = await provider.start({ ...start, makes }, openDeadline);
  expect(answer).toEqual({ job: { inferenceJobId: 'ij_1' }, id: 'ij_1' });
  return [received[0]?.url, JSON.parse(received[0]?.body ?? '')];
}

describe('start', () => {
  it('sends the request of the documents', async () => {
    const prompt = 'A polished product shot of a ceramic mug on travertine';
    const fields = { prompt, aspectRatio: '1:1', resolution: '1K' };
    expect(await sent(startOf('nano-banana-2', fields))).toEqual([
      '/image/generate',
      { model: 'nano-banana-2', prompt, params: { aspectRatio: '1:1', resolution: '1K' } },
    ]);
  });

  it('puts options among the params and attachments in the order of the references', async () => {
    const fields = { prompt: 'bluer', options: { styleId: 's-1' } };
    const start = startOf('nano-banana-pro', fields, [{ remote: 'm-2' }, { remote: 'm-1' }]);
    const body = { model: 'nano-banana-pro', prompt: 'bluer', params: { styleId: 's-1' } };
    expect(await sent(start)).toEqual([
      '/image/generate',
      { ...body, attachmentMediaIds: ['m-2', 'm-1'] },
    ]);
  });

  it('leaves out what was not given', async () => {
    const start = startOf('birefnet-bg-removal', {}, [{ remote: 'm-1' }]);
    expect(await sent(start)).toEqual([
      '/image/generate',
      { model: 'birefnet-bg-removal', attachmentMediaIds: ['m-1'] },
    ]);
  });

  it.each([
    ['a known video model', startOf('sora2', { prompt: 'x', duration: 4 }), 'video', '/video'],
    ['a video model of the live list', startOf('new', { prompt: 'x' }), 'video', '/video'],
    ['a text model of the live list', startOf('new', { prompt: 'x' }), 'text', '/text'],
    ['an unknown model', startOf('new', { prompt: 'x' }), 'image', '/image'],
    ['an unknown model with a duration', startOf('new', { duration: 4 }), 'image', '/video'],
    ['a vector', startOf('runware-vectorize', {}, [{ remote: 'm' }]), 'vector', '/image'],
  ] as const)('knows the path of %s', async (_, start, makes, path) => {
    expect(await sent(start, makes)).toMatchObject([`${path}/generate`, {}]);
  });

  it('does not send a reference that is nowhere', async () => {
    const { provider, received } = await against({});
    const start = startOf('grok-imagine', { prompt: 'x' }, [{ url: 'https://example.com/a.png' }]);
    const error = await failure(provider.start(start, openDeadline));
    expect(provider.classify(error)).toMatchObject({ request: 'refused' });
    expect(received).toEqual([]);
  });

  it('is held back by a deadline that has passed', async () => {
    const { provider, received } = await against({});
    const late = { sendBy: 1, timeoutMs: 1_000, now: () => 2 };
    const error = await failure(provider.start(startOf('z-image', { prompt: 'x' }), late));
    expect(provider.classify(error).request).toBe('notSent');
    expect(received).toEqual([]);
  });

  it('says who pays', async () => {
    const settings = { organisation: 'acme', project: 'spring 26' };
    const answers = { 'POST /image/generate': { inferenceJobId: 'b2c3' } };
    const { provider, received } = await against(answers, settings);
    await provider.start(startOf('z-image', { prompt: 'x' }), openDeadline);
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer sk_1',
      'x-wonda-org': 'acme',
      'x-wonda-project': 'spring 26',
      'content-type': 'application/json',
    });
  });

  it.each([{ project: 'a\r\nx: y' }, { organisation: '' }, { organization: 'acme' }])(
    'takes no settings such as %o',
    (settings) => expect(wonda.settings.safeParse(settings).success).toBe(false),
  );
});

describe('check', () => {
  const of = async (job: unknown, settings: JsonObject = {}) => {
    const { provider } = await against({ 'GET /jobs/inference/ij_1': job }, settings);
    return provider.check({ inferenceJobId: 'ij_1' });
  };
  const media = { mediaId: 'm-1', url: 'https://x/a.png', mimeType: 'image/png' };

  it.each(['idle', 'locked', 'in_progress', 'queued'])('takes %s for running', async (status) => {
    expect(await of({ status })).toEqual({ state: 'pending', status: status, known: true });
  });

  it('takes an unknown status for running', async () => {
    expect(await of({ status: 'polishing' })).toMatchObject({ state: 'pending', known: false });
  });

  it('reads media with their ids, and when their links end', async () => {
    const finishedAt = '2026-06-12T12:00:12.000Z';
    const job = {
      status: 'succeeded',
      finishedAt,
      outputs: [{ outputKey: 'image', outputValue: null, media }],
    };
    const output = { remote: 'm-1', url: 'https://x/a.png', expiresAt: null };
    expect(await of(job)).toEqual({
      state: 'succeeded',
      unreadable: 0,
      billed: null,
      outputs: [output],
    });
    const expiresAt = Date.parse(finishedAt) + 3_600_000;
    expect(await of(job, { outputLifetime: '1h' })).toMatchObject({ outputs: [{ expiresAt }] });
  });

  it('hands text over as a data URL', async () => {
    const outputs = [
      { outputValue: 'Grüße', media: null },
      { outputValue: { a: 1 } },
      { outputValue: null, media: null },
    ];
    const state = await of({ status: 'succeeded', outputs });
    if (state.state !== 'succeeded') throw new Error(state.state);
    const texts = state.outputs.map(({ url }) =>
      Buffer.from((url ?? '').split('base64,')[1] ?? '', 'base64').toString(),
    );
    expect(texts).toEqual(['Grüße', '{"a":1}']);
    expect(state.outputs[0]).toMatchObject({
      remote: null,
      url: expect.stringMatching(/^data:text\/plain;charset=utf-8;base64,/),
    });
  });

  it.each([
    [{ status: 'failed', errorMessage: 'blocked', errorCode: 'nsfw' }, 'blocked; nsfw'],
    [
      { status: 'failed', errorMessage: null, errorCode: null },
      'Wonda reports failed without a reason',
    ],
    [{ status: 'canceled' }, 'Wonda reports canceled without a reason'],
  ])('says why %o failed, and not that money came back', async (job, reason) => {
    const failed = { state: 'failed', reason, refunded: null, billed: null };
    expect(await of(job)).toEqual(failed);
  });

  it('tells a job that is not known from an API that is not enabled', async () => {
    expect(await of(undefined)).toEqual({ state: 'missing' });
    const message = 'The API is not enabled for this account';
    const { url } = await serve((_, response) =>
      json(response, 404, { error: { message, code: 'not_found' } }),
    );
    const provider = wonda.connect({ baseUrl: url, apiKey: 'sk_1', settings: {} });
    const error = await failure(provider.check({ inferenceJobId: 'ij_1' }));
    expect(provider.classify(error).account).toEqual({ kind: 'forbidden' });
  });
});

describe('uploads', () => {
  async function fileOf(name: string, mime: string): Promise<FileToUpload> {
    const folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, name);
    await writeFile(path, 'bytes');
    return { sha256: 'x', mime, bytes: 5, name, path, trainedModel: undefined };
  }
  const entry = { mediaId: 'm-1', url: 'https://x/a.png', mimeType: 'image/png' };

  it.each([
    ['alone', { ...entry, uploads: { file: entry } }],
    ['in the list of files', { uploads: { file: entry } }],
    ['under another name', { uploads: { image: entry }, errors: {} }],
  ])('reads a file %s', async (_, answer) => {
    const { provider, received } = await against({ 'POST /media/upload': answer });
    expect(await provider.upload?.(await fileOf('a.png', 'image/png'))).toEqual({
      remote: 'm-1',
      url: 'https://x/a.png',
      expiresAt: null,
      ready: true,
    });
    expect(received[0]?.body).toContain('name="file"; filename="a.png"');
  });

  it('says in the vendor words why a file was not taken', async () => {
    const answer = { uploads: {}, errors: { file: 'the image is broken' } };
    const { provider } = await against({ 'POST /media/upload': answer });
    const upload = provider.upload?.(await fileOf('a.png', 'image/png'));
    const verdict = provider.classify(await failure(upload ?? Promise.resolve()));
    const message = 'Wonda refused a.png: the image is broken';
    expect(verdict).toEqual({ request: 'refused', account: { kind: 'fine' }, message });
  });

  it('reads the reasons of a refused upload as well', async () => {
    const { url } = await serve((_, response) =>
      json(response, 422, { errors: { file: { message: 'too large' } } }),
    );
    const provider = wonda.connect({ baseUrl: url, apiKey: 'sk_1', settings: {} });
    const upload = provider.upload?.(await fileOf('a.png', 'image/png'));
    const { message } = provider.classify(await failure(upload ?? Promise.resolve()));
    expect(message).toBe('Wonda answered 422: too large');
  });

  it.each(['image/heic', 'image/avif', 'application/octet-stream', 'video/x-matroska'])(
    'refuses %s before sending',
    async (mime) => {
      const { provider, received } = await against({});
      const upload = provider.upload?.(await fileOf('a.bin', mime));
      const error = await failure(upload ?? Promise.resolve());
      expect((error as Error).message).toMatch(/^a\.bin is .*, and Wonda takes .*(WebP|MP4)/);
      expect(received).toEqual([]);
    },
  );

  it('waits for a video as long as the vendor works on it', async () => {
    const { provider } = await against({
      'POST /media/upload': { ...entry, uploads: { file: entry } },
      'GET /media/m-1': { mediaId: 'm-1', status: 'processing' },
      'GET /media/m-2': { media: { status: 'failed' } },
      'GET /media/m-3': { mediaId: 'm-3' },
      'GET /media/m-4': { status: 'processed' },
    });
    const video = await fileOf('a.mp4', 'video/mp4');
    expect(await provider.upload?.(video)).toMatchObject({ remote: 'm-1', ready: false });
    const ids = ['m-1', 'm-2', 'm-3', 'm-4', 'm-5'];
    expect(await provider.uploadStates?.(ids)).toEqual([
      'processing',
      'failed',
      'ready',
      'ready',
      'missing',
    ]);
  });

  it.each([
    [[{ mediaId: 'm-1', kind: 'image', createdAt: '2026-01-01T00:00:00Z' }]],
    [{ media: [{ id: 'm-1', mimeType: 'image', createdAt: 1767225600000 }, 'odd', {}] }],
    [{ data: { items: [{ mediaId: 'm-1', kind: 'image', createdAt: '2026-01-01', name: 7 }] } }],
  ])('lists them whatever the shape of %j', async (answer) => {
    const { provider } = await against({ 'GET /media?source=user_upload&limit=100': answer });
    const createdAt = Date.UTC(2026, 0, 1);
    const media = { id: 'm-1', name: null, createdAt, state: 'image' };
    expect(await provider.files?.list()).toMatchObject({ entries: [media] });
  });
});

describe('free calls', () => {
  it('asks for a price by model, prompt and params', async () => {
    const answer = { estimatedCostMicrodollars: 1_234.2, estimatedCostUsd: '$0.001234' };
    const { provider, received } = await against({ 'POST /pricing/estimate': answer });
    const fields = { prompt: 'x', resolution: '2K' };
    const { request } = startOf('nano-banana-2', fields, [{ remote: 'm-1' }]);
    expect(await provider.quote?.(request)).toEqual({ amount: 1_235 });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      model: 'nano-banana-2',
      prompt: 'x',
      params: { resolution: '2K' },
    });
  });

  it('tells what the vendor says against a request instead of a price', async () => {
    const { request } = startOf('nano-banana-2', { prompt: 'x' });
    const askWith = async (status: number, body: unknown) => {
      const { url } = await serve((_, response) => json(response, status, body));
      const provider = wonda.connect({ baseUrl: url, apiKey: 'sk_1', settings: {} });
      return await provider.quote?.(request);
    };
    const error = { code: 'validation_error', message: 'styleId must be a UUID' };
    expect(await askWith(400, { error })).toEqual({
      refused: 'Wonda answered 400: styleId must be a UUID; validation_error',
    });
    // The account's problem, and a gateway's word, say nothing of the request.
    const project = { code: 'unknown_project', message: 'no such project' };
    await expect(askWith(400, { error: project })).rejects.toMatchObject({ status: 400 });
    await expect(askWith(400, { message: 'Bad Request' })).rejects.toMatchObject({ status: 400 });
    await expect(askWith(404, { error })).rejects.toMatchObject({ status: 404 });
  });

  it('keeps the live list as it is', async () => {
    const list = { generation: { image: [], video: [{ key: 'v', odd: [1] }] }, publish: [] };
    const { provider } = await against({ 'GET /capabilities': list });
    expect(await provider.discover?.()).toEqual(list);
    const { provider: other } = await against({ 'GET /capabilities': { hello: 'world' } });
    expect(await failure(other.discover?.() ?? Promise.resolve())).toMatchObject({
      name: 'ResponseShapeError',
    });
  });

  it.each([
    [{ balanceMicrodollars: 12_345 }, 12_345, 'balance 0.012345 usd'],
    [{ balance: { usd: 1.5 }, limitUsd: 900 }, 1_500_000, 'balance 1.5 usd'],
    [{ data: { available: '$1,000.25' } }, 1_000_250_000, 'balance 1,000.25 usd'],
    [{ plan: { priceUsd: 20 }, remainingUsd: '3.10' }, 3_100_000, 'balance 3.1 usd'],
    [{ credits: 900 }, null, 'Wonda says credits 900, without its value in dollars'],
    [{ hello: 'world' }, null, 'its balance was not understood'],
    [[1, 2], null, 'its balance was not understood'],
  ])('finds the balance in %j', async (answer, balance, said) => {
    const { provider } = await against({ 'GET /balance': answer });
    const message = `the key is good; ${said}`;
    expect(await provider.verify()).toEqual({ key: 'good', balance, message });
  });

  it.each([
    [401, 'unauthorized', 'refused'],
    [403, 'paid_plan_required', 'refused'],
    [400, 'unknown_project', 'refused'],
    [500, 'internal_server_error', 'unreachable'],
  ] as const)('tells from %i %s that the key is %s', async (status, code, key) => {
    const { url } = await serve((_, response) =>
      json(response, status, { error: { message: 'no', code } }),
    );
    const provider = wonda.connect({ baseUrl: url, apiKey: 'sk_1', settings: {} });
    expect(await provider.verify()).toMatchObject({ key, balance: null });
  });
});
