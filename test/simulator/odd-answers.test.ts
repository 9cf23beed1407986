import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/index.ts';
import { bottle, finish, open, untrained } from './support.ts';

const order = '/images/generation';

describe('a refusal', () => {
  it.each([400, 401, 402, 403, 404, 409, 429])(
    'of status %d is in the vendor’s words, and leaves nothing in the book',
    async (status) => {
      const client = await open({ faults: [{ kind: 'refuse', status, count: 1 }] });
      const answer = await client.post(order, bottle);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ status: 'NOK', result: null });
      expect(client.simulator.book.accepted).toEqual([]);
      expect((await client.post(order, bottle)).status).toBe(200);
    },
  );

  it.each([
    ['kong', { message: 'no Route matched with those values' }],
    ['nginx', expect.stringMatching(/<center>nginx/)],
    ['cloudflare', 'error code: 1010'],
  ] as const)('is in the words of %s', async (words, body) => {
    const client = await open({ faults: [{ kind: 'refuse', words }] });
    const answer = await client.get('/ping');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(body);
  });

  it('strikes the one call that it names, and is counted under its own name', async () => {
    const client = await open({
      faults: [{ kind: 'refuse', name: 'no model', match: { call: 'check-model' } }],
    });
    const model = await untrained(client, 1);
    expect((await client.get(`/models/${model}`)).status).toBe(404);
    expect((await client.get(`/models/${model}/images`)).status).toBe(200);
    expect((await client.get('/models')).status).toBe(200);
    expect(client.simulator.book.faults).toEqual({ 'no model': 1 });
  });

  it('tells a training image from another upload', async () => {
    const client = await open({
      faults: [{ kind: 'refuse', status: 409, match: { call: 'training-image' }, nth: 2 }],
    });
    await untrained(client, 4);
    expect(client.simulator.book.uploads).toHaveLength(3);
    expect(client.simulator.book.requests).toMatchObject({
      'POST /photogpt/images/upload 409': 1,
    });
  });

  it('says how long to wait in any words that a fault has, and twice', async () => {
    const text = ['1', 'Thu, 01 Jan 2026 00:00:07 GMT'];
    const client = await open({
      faults: [{ kind: 'refuse', status: 429, retryAfter: 'text', text }],
    });
    expect((await client.get('/ping')).headers.get('retry-after')).toBe(text.join(', '));
  });

  it('writes the wait in the body otherwise', async () => {
    const faults: Fault[] = [{ kind: 'rate-limit', form: 'fraction', seconds: 2 }];
    const client = await open({ faults }, 'wonda');
    const { error } = (await client.get('/balance')).body;
    expect(error.deferUntil).toBe(Date.UTC(2026, 0, 1) + 2_000.25);
  });
});

describe('a gateway that repeats a request', () => {
  it.each(['first', 'second'] as const)('gives the %s answer', async (answer) => {
    const client = await open({
      faults: [{ kind: 'repeat', answer, match: { call: 'generate' } }],
    });
    const { jobId } = (await client.post(order, bottle)).body.result;
    const { accepted } = client.simulator.book;
    expect(accepted.map(({ by }) => by)).toEqual(['client', 'gateway']);
    const replies = answer === 'first' ? ['answered', 'withheld'] : ['withheld', 'answered'];
    expect(accepted.map(({ reply }) => reply)).toEqual(replies);
    expect(jobId).toBe(accepted[answer === 'first' ? 0 : 1]?.id);
  });

  it('triggers a training once, and may give the refusal of the second trigger', async () => {
    const client = await open({
      faults: [{ kind: 'repeat', answer: 'second', match: { call: 'trigger-training' } }],
    });
    const model = await untrained(client, 12);
    const answer = await client.get(`/models/${model}/train`);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/this one is training/);
    expect(client.simulator.book.trainings).toMatchObject([{ id: model, reply: 'withheld' }]);
  });

  it('makes two models and two uploads, the second of each its own', async () => {
    const client = await open({
      faults: [{ kind: 'repeat', match: { call: ['create-model', 'training-image'] } }],
    });
    await untrained(client, 1);
    const { models, uploads } = client.simulator.book;
    expect(models.map(({ by }) => by)).toEqual(['client', 'gateway']);
    expect(uploads.map(({ by }) => by)).toEqual(['client', 'gateway']);
  });
});

describe('a list, and the files of a job', () => {
  const spoilt = async (kind: Fault['kind']) => {
    const client = await open();
    await finish(client);
    await finish(client, order, { ...bottle, prompt: 'a second bottle' });
    await finish(client, order, { ...bottle, prompt: 'a third bottle' });
    const listed = async () => (await client.get('/jobs')).body.result.jobs;
    const whole = await listed();
    client.simulator.settings.faults = [{ kind }];
    return { client, whole, shown: await listed() };
  };

  it('come in another order', async () => {
    const { whole, shown } = await spoilt('entries-reordered');
    expect(shown).toEqual(whole.toReversed());
  });

  it('hold one entry twice, or none at all', async () => {
    const doubled = await spoilt('entries-doubled');
    expect(doubled.shown).toEqual([...doubled.whole, doubled.whole[0]]);
    const holed = await spoilt('entries-null');
    expect(holed.shown).toEqual(holed.whole.toSpliced(1, 0, null));
  });

  it('hold one entry that cannot be read', async () => {
    const { whole, shown } = await spoilt('entries-unreadable');
    expect(shown[1].jobId).toEqual({ is: 'garbled' });
    expect([shown[0], shown[2]]).toEqual([whole[0], whole[2]]);
  });

  it('shrink and grow', async () => {
    const fewer = await spoilt('entries-fewer');
    expect(fewer.shown).toEqual(fewer.whole.slice(1));
    const more = await spoilt('entries-more');
    expect(more.shown.slice(0, 3)).toEqual(more.whole);
    expect(more.whole.map(({ jobId }: { jobId: string }) => jobId)).not.toContain(
      more.shown[3].jobId,
    );
  });

  it('lose their newest half where the list of jobs shrinks', async () => {
    const { whole, shown } = await spoilt('list-shrinks');
    expect(shown).toEqual(whole.slice(2));
  });

  it('strike no list that cannot change by it', async () => {
    const client = await open({ faults: [{ kind: 'entries-reordered' }] });
    await finish(client);
    await client.get('/jobs');
    expect(client.simulator.book.faults).toEqual({});
  });
});

describe('a job’s files', () => {
  const three = { ...bottle, numImages: 3 };

  it('are fewer than were ordered, in every answer, and the book says which', async () => {
    const client = await open({ faults: [{ kind: 'fewer-files' }] });
    const { images, jobId } = await finish(client, order, three);
    expect(images).toHaveLength(2);
    expect((await client.get(`/jobs/${jobId}`)).body.result.images).toHaveLength(2);
    const [entry] = client.simulator.book.accepted;
    expect(entry?.outputs.map(({ withheld }) => withheld)).toEqual([false, false, true]);
  });

  it('are more than were ordered, each with a link that works', async () => {
    const client = await open({ faults: [{ kind: 'more-files' }] });
    const { images, jobId } = await finish(client, order, bottle);
    expect(images).toHaveLength(2);
    for (const { url } of images) expect((await fetch(url)).status).toBe(200);
    expect((await client.get(`/jobs/${jobId}`)).body.result.images).toEqual(images);
  });

  it('are withheld for once where an answer shows fewer', async () => {
    const client = await open();
    const { jobId } = await finish(client, order, three);
    client.simulator.settings.faults = [{ kind: 'entries-fewer', count: 1 }];
    expect((await client.get(`/jobs/${jobId}`)).body.result.images).toHaveLength(2);
    const [entry] = client.simulator.book.accepted;
    expect(entry?.outputs.map(({ withheld }) => withheld)).toEqual([true, false, false]);
  });
});

describe('numbers and times', () => {
  it.each([
    ['fraction', Date.UTC(2026, 0, 1) + 0.25],
    ['text', String(Date.UTC(2026, 0, 1))],
    ['huge', 1e21],
    ['negative', -Date.UTC(2026, 0, 1) - 1],
    ['not-a-number', 'NaN'],
    ['exponent', '1.7672256e+12'],
  ] as const)('are written as %s', async (form, written) => {
    const client = await open({ faults: [{ kind: 'numbers', form }] });
    const { jobId } = (await client.post(order, bottle)).body.result;
    const { result } = (await client.get(`/jobs/${jobId}`)).body;
    expect(result).toEqual({ jobId, status: 'queued', modelId: 'nanobanana', createdAt: written });
  });

  it('are of the fields that the fault names, never of what was sent', async () => {
    const faults: Fault[] = [{ kind: 'numbers', form: 'text', field: '^(credits|numImages)$' }];
    const client = await open({ faults, revealing: true });
    await client.post(order, { ...bottle, numImages: 2 });
    const [job] = (await client.get('/jobs')).body.result.jobs;
    expect(job).toMatchObject({ credits: '20', data: { numImages: 2 } });
  });
});

describe('the vendor’s clock', () => {
  const newYear = Date.UTC(2026, 0, 1);
  const times = async (client: Awaited<ReturnType<typeof open>>) => {
    const { jobId } = (await client.post(order, bottle)).body.result;
    const { headers, body } = await client.get(`/jobs/${jobId}`);
    return [Date.parse(body.result.createdAt), Date.parse(headers.get('date') ?? '')];
  };

  it('may be ahead of everybody’s, and does not make jobs faster', async () => {
    const client = await open({ clockAheadMs: 90_000 });
    expect(await times(client)).toEqual([newYear + 90_000, newYear + 90_000]);
    const [job] = (await client.get('/jobs')).body.result.jobs;
    expect(job.status).toBe('queued');
    const early = new Date(newYear).toISOString();
    expect((await client.get(`/jobs?end=${early}`)).body.result.jobs).toEqual([]);
  });

  it.each(['before', 'after'] as const)('jumps %s a request is carried out', async (when) => {
    const jump: Fault = { kind: 'clock-jumps', ms: 60_000, when, match: { call: 'generate' } };
    const client = await open({ faults: [jump] });
    const made = when === 'before' ? newYear + 60_000 : newYear;
    expect(await times(client)).toEqual([made, newYear + 60_000]);
  });
});

describe('a training', () => {
  it('shows late that it was triggered, and refuses a second trigger', async () => {
    const client = await open({
      trainingMs: 20_000,
      faults: [{ kind: 'training-shows-late', ms: 8_000 }],
    });
    const model = await untrained(client, 12);
    const status = async () => (await client.get(`/models/${model}`)).body.result.status;
    expect((await client.get(`/models/${model}/train`)).status).toBe(200);
    expect(await status()).toBe('new');
    expect((await client.get(`/models/${model}/train`)).status).toBe(400);
    client.pass(8_000);
    expect(await status()).toBe('training');
    client.pass(12_000);
    expect(await status()).toBe('ready');
    expect(client.simulator.book.trainings).toHaveLength(1);
  });
});

/** As the bytes came, with no header that asks for others. */
function raw(url: string): Promise<{ encoding: string | undefined; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = { headers: { authorization: 'Bearer demo', 'api-version': '1' } };
    const sent = httpRequest(url, asked, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          encoding: response.headers['content-encoding'],
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    sent.on('error', reject).end();
  });
}

const unpack = { gzip: gunzipSync, br: brotliDecompressSync, deflate: inflateSync };

describe('bytes that are not as they were asked for', () => {
  it.each(['gzip', 'br', 'deflate'] as const)('come as %s', async (encoding) => {
    const client = await open({ faults: [{ kind: 'compressed', encoding }] });
    const answer = await raw(`${client.base}/ping`);
    expect(answer.encoding).toBe(encoding);
    expect(JSON.parse(unpack[encoding](answer.bytes).toString())).toMatchObject({ status: 'OK' });
  });

  it('compress a file, whose own bytes are in the book', async () => {
    const client = await open({ faults: [{ kind: 'download-compressed' }] });
    const { url } = (await finish(client)).images[0];
    const { encoding, bytes } = await raw(url);
    expect(encoding).toBe('gzip');
    expect(gunzipSync(bytes).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(client.simulator.book.accepted[0]?.outputs[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lack the end mark of a JPEG in every try, which the book calls damaged until it is better', async () => {
    const client = await open({
      faults: [{ kind: 'download-damaged', everyTry: true, nth: 1, name: 'damaged' }],
    });
    const { url } = (await finish(client)).images[0];
    const first = await raw(url);
    expect((await raw(url)).bytes).toEqual(first.bytes);
    expect(client.simulator.book.faults).toEqual({ damaged: 1 });
    const output = () => client.simulator.book.accepted[0]?.outputs[0];
    const damaged = output();
    expect(damaged).toMatchObject({ damaged: true });
    client.simulator.settings.faults = [];
    const sha256 = damaged?.sha256;
    expect((await raw(url)).bytes.length).toBe(first.bytes.length + 2);
    expect(output()).toMatchObject({ damaged: false });
    expect(output()?.sha256).not.toBe(sha256);
  });

  it('have a long comment in front of an SVG', async () => {
    const client = await open({ faults: [{ kind: 'download-prologue' }] }, 'wonda');
    const form = new FormData();
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    form.append('file', new Blob([svg], { type: 'image/svg+xml' }), 'x.svg');
    const { url } = (await client.post('/media/upload', form)).body;
    const text = (await raw(url)).bytes.toString();
    expect(text.indexOf('<svg')).toBeGreaterThan(512);
    expect(text.endsWith(svg)).toBe(true);
  });
});

it('the book knows a client that went away before its answer', async () => {
  const client = await open({ faults: [{ kind: 'slow', ms: 60 }] });
  const body = JSON.stringify(bottle);
  const headers = {
    authorization: 'Bearer demo',
    'api-version': '1',
    'content-type': 'application/json',
  };
  const signal = AbortSignal.timeout(20);
  const sent = fetch(`${client.base}${order}`, { method: 'POST', headers, body, signal });
  await expect(sent).rejects.toThrow();
  await expect.poll(() => client.simulator.book.accepted).toMatchObject([{ reply: 'gone' }]);
  expect(client.simulator.book.accepted[0]?.closedAt).not.toBeNull();
});

it('a fault of an unknown kind, call or form is refused', async () => {
  const client = await open();
  const status = async (fault: unknown) => {
    const body = JSON.stringify({ faults: [fault] });
    const url = `${client.simulator.url}/_simulator/settings`;
    return (await fetch(url, { method: 'POST', body })).status;
  };
  expect(await status({ kind: 'nonesuch' })).toBe(400);
  expect(await status({ kind: 'refuse', match: { call: 'nonesuch' } })).toBe(400);
  expect(await status({ kind: 'numbers', form: 'nonesuch' })).toBe(400);
  expect(await status({ kind: 'refuse', match: { call: ['ping', 'balance'] } })).toBe(200);
});

it('the book knows which paid requests were refused, by the vendor or before it', async () => {
  const client = await open({
    faults: [
      { kind: 'refuse', status: 403, words: 'cloudflare', match: { call: 'generate' }, nth: 1 },
    ],
  });
  await client.post(order, bottle);
  await client.post(order, { ...bottle, numImages: 9 });
  await client.get('/jobs/nonesuch');
  expect(client.simulator.book.refused).toMatchObject([
    { vendor: 'photogpt', status: 403, request: bottle },
    { vendor: 'photogpt', status: 400, request: { numImages: 9 } },
  ]);
});
