import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingLearned, type Provider } from '../../src/providers/port.ts';
import { json, serve } from '../http/server.ts';
import { anyJob, openDeadline, smallest, startOf } from './requests.ts';
import { Client, Stage, titledCases, vendorOf } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const long = 'sk-live-0123456789';

/** A provider whose server answers everything alike, and repeats the header that holds the key. */
async function answeredWith(
  id: string,
  apiKey: string,
  answer: unknown,
  status = 200,
): Promise<Provider> {
  const { url } = await serve((_, response) => json(response, status, answer));
  return vendorOf(id).connect({ baseUrl: url, apiKey, settings: {} });
}

describe.each(titledCases)('%s', (_title, which) => {
  it.each(['k', 'e', '1', 'id', 'demo', 'status'])(
    'makes an image with the key %j, whatever characters it shares with answers',
    async (apiKey) => {
      const client = await Client.open(stage, { ...which, apiKey });
      const model = vendorOf(which.id)
        .offer(which.settings ?? {}, nothingLearned)
        .models.find(({ makes, trained }) => makes === 'image' && !trained);
      if (!model) throw new Error('no model');
      const start = await client.startFor(model, smallest(model), model.references.min);
      const { job, id } = await client.provider.start(start, openDeadline);
      const { outputs } = await client.finished(job);
      expect(outputs).toHaveLength(1);
      expect(JSON.stringify([id, outputs])).not.toContain('[key]');
      expect(await client.provider.verify()).toMatchObject({ key: 'good' });
    },
  );
});

describe('an id', () => {
  it('that is made of the key stays whole', async () => {
    const provider = await answeredWith('wonda', long, { inferenceJobId: `ij_${long}_7` });
    const { id } = await provider.start(startOf('z-image', { prompt: 'x' }), openDeadline);
    expect(id).toBe(`ij_${long}_7`);
  });
});

describe('a list', () => {
  const entry = (id: string) => ({ id, name: 'a' });

  it('has no entry whose id holds the key, and counts it as one that cannot be read', async () => {
    const answer = { result: [entry('7'), entry(`of ${long}`)] };
    const provider = await answeredWith('photogpt', long, answer);
    const { entries, unreadable } = (await provider.train?.list()) ?? {};
    expect([entries?.map(({ id }) => id), unreadable]).toEqual([['7'], 1]);
  });

  it('keeps every id where the key is short', async () => {
    const answer = { result: [entry('7'), entry('k7')] };
    const provider = await answeredWith('photogpt', 'k', answer);
    expect((await provider.train?.list())?.entries.map(({ id }) => id)).toEqual(['7', 'k7']);
  });
});

describe('a text', () => {
  it.each([
    [long, `${long} is not known`, '[key] is not known'],
    ['k', 'the key k is not known', 'the key [key] is not known'],
    ['demo', 'demo: no demonstration', '[key]: no demonstration'],
  ])('of a failed job loses the key %j', async (apiKey, said, shown) => {
    const provider = await answeredWith('wonda', apiKey, { status: 'failed', errorMessage: said });
    expect(await provider.check({ inferenceJobId: '1' })).toMatchObject({ reason: shown });
  });

  it('of a refusal loses it, and the refusal is read before', async () => {
    const error = { code: 'insufficient_credits', message: 'no money with insufficient_credits' };
    const provider = await answeredWith('wonda', 'insufficient_credits', { error }, 400);
    const refused = await provider
      .start(startOf('z-image', { prompt: 'x' }), openDeadline)
      .catch((thrown: unknown) => provider.classify(thrown));
    expect(refused).toMatchObject({ request: 'refused', account: { kind: 'noFunds' } });
    expect(refused).toMatchObject({ message: 'Wonda answered 400: no money with [key]; [key]' });
  });

  it('of a file loses a long key and nothing else', async () => {
    const text = (apiKey: string) =>
      answeredWith('wonda', apiKey, {
        status: 'succeeded',
        outputs: [{ outputValue: `k for ${long}` }],
      });
    const saidTo = async (apiKey: string): Promise<string> => {
      const state = await (await text(apiKey)).check({ inferenceJobId: '1' });
      const url = state.state === 'succeeded' ? (state.outputs[0]?.url ?? '') : '';
      return Buffer.from(url.split(',')[1] ?? '', 'base64').toString('utf8');
    };
    expect(await saidTo(long)).toBe('k for [key]');
    expect(await saidTo('k')).toBe(`k for ${long}`);
  });
});

describe('an account', () => {
  const echoed = 'a banker with insufficient funds, out of credits';
  const refusals = [
    { message: `Invalid prompt: ${echoed}`, status: 'NOK' },
    { error: { message: `rejected: "${echoed}"`, code: 'validation_error' } },
    { error: 'Invalid request', prompt: 'insufficient funds', message: `no: ${echoed}` },
    { name: 'BadRequest', message: 'INVALID', details: `prompt ${echoed}` },
  ];
  const asks = ['photogpt', 'productai', 'gptimage2api', 'wonda'].flatMap((id) =>
    refusals.map((body) => [id, body] as const),
  );
  it.each(asks)('of %s is not shut because a refusal repeats a prompt: %j', async (id, body) => {
    const provider = await answeredWith(id, long, body, 400);
    const error = await provider.check(anyJob).catch((thrown: unknown) => thrown);
    expect(provider.classify(error)).toMatchObject({ account: { kind: 'fine' } });
  });

  it.each([
    ['photogpt', { status: 'NOK', message: 'Insufficient credits' }],
    ['photogpt', { err: 'You do not have enough credits for this' }],
    ['productai', { error: { message: 'Your account has insufficient balance.' } }],
    ['gptimage2api', { error: 'Error: not enough credits', required: 3 }],
    ['wonda', { error: { message: 'out of credits', code: 'x' } }],
  ] as const)('of %s is shut where the vendor itself says so: %j', async (id, body) => {
    const provider = await answeredWith(id, long, body, 400);
    const error = await provider.check(anyJob).catch((thrown: unknown) => thrown);
    expect(provider.classify(error)).toMatchObject({ account: { kind: 'noFunds' } });
  });
});
