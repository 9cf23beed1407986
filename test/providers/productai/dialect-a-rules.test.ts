import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../../src/batch/checks/check-options.ts';
import type { RequestProblem } from '../../../src/batch/checks/request-problem.ts';
import { nothingLearned } from '../../../src/providers/port.ts';
import { productai } from '../../../src/providers/productai/index.ts';
import { failure, json, serve } from '../../http/server.ts';
import { openDeadline, startOf } from '../requests.ts';
import { connect } from './against.ts';

const start = startOf('nanobanana2', { prompt: 'on marble' }, [{ url: 'https://example.com/1' }]);

describe('classify', () => {
  const fine = { kind: 'fine' };
  it.each([
    [
      400,
      { code: 'invalid_request', message: 'Missing prompt' },
      'refused',
      fine,
      'Missing prompt',
    ],
    [401, { code: 'unauthorized', message: 'no' }, 'refused', { kind: 'badKey' }, 'no'],
    [402, { code: 'insufficient_credits' }, 'refused', { kind: 'noFunds' }, 'insufficient_credits'],
    // A code says more than a status that does not fit it.
    [400, { code: 'insufficient_credits' }, 'refused', { kind: 'noFunds' }, 'insufficient_credits'],
    [403, { message: 'not in your plan' }, 'refused', { kind: 'forbidden' }, 'not in your plan'],
    [404, { message: 'no such asset' }, 'refused', fine, 'no such asset'],
    [
      429,
      { code: 'rate_limit_exceeded', message: 'slow', retry_after: 60 },
      'refused',
      { kind: 'limited', retryAfterMs: 60_000 },
      'slow',
    ],
    [429, { message: 'slow' }, 'refused', { kind: 'limited', retryAfterMs: 1_000 }, 'slow'],
    [500, { message: 'Internal Server Error' }, 'ambiguous', fine, 'Internal Server Error'],
  ])('%i %j', async (status, error, request, account, text) => {
    const { url } = await serve((_, response) => json(response, status, { error }));
    const provider = connect(url);
    expect(provider.classify(await failure(provider.start(start, openDeadline)))).toEqual({
      request,
      account,
      message: `ProductAI answered ${status}: ${text}`,
    });
  });

  it.each(['', '<html></html>', '{"status":"pending"}'])(
    'leaves open what became of a start that is answered with %j',
    async (body) => {
      const { url } = await serve((_, response) => response.writeHead(202).end(body));
      const provider = connect(url);
      const verdict = provider.classify(await failure(provider.start(start, openDeadline)));
      expect(verdict).toMatchObject({ request: 'ambiguous', account: fine });
      expect(JSON.stringify(verdict)).not.toContain('k-secret');
    },
  );
});

describe('the account', () => {
  const offerOf = (settings = {}) => productai.offer(settings, nothingLearned);

  it.each([
    [{}, 60],
    [{ plan: 'free' }, 10],
    [{ plan: 'enterprise' }, undefined],
    [{ dialect: 'b' }, 15],
  ])('%j takes so many requests a minute, whatever they are', (settings, perMinute) => {
    expect(offerOf(settings).limits).toMatchObject({ perMinute, counts: 'all' });
  });

  it('pays for every image, by the published list or by its own', () => {
    const price = (fields: object, prices = {}) =>
      offerOf().price(startOf('nanobanana2', fields).request, prices);
    expect(price({})).toEqual({ amount: 5_000, unit: 'credits', basis: 'exact' });
    expect(price({ outputs: 2 })).toMatchObject({ amount: 10_000 });
    expect(price({ outputs: 2 }, { nanobanana2: '4' })).toMatchObject({
      amount: 8_000,
      basis: 'assumed',
    });
    expect(offerOf().price(startOf('newer').request, {})).toMatchObject({ basis: 'unknown' });
    expect(offerOf().trainingPrice({})).toMatchObject({ basis: 'unknown' });
  });

  it('lets a preset stand for a prompt only where it says so', () => {
    const [usual] = offerOf().models;
    expect([usual?.prompt, usual?.check]).toEqual(['required', undefined]);
    const [lenient] = offerOf({ promptWithPreset: false }).models;
    expect(lenient?.prompt).toBe('optional');
    const check = (fields: object) => lenient?.check?.(startOf('nanobanana2', fields).request);
    expect(check({ options: { preset_id: 'preset_1' } })).toEqual([]);
    expect(check({})).toEqual([
      { field: 'prompt', message: 'is needed where no options.preset_id is given' },
    ]);
  });

  it('has settings of the other dialect and unknown ones refused', () => {
    const accepted = (settings: object): boolean => productai.settings.safeParse(settings).success;
    expect(accepted({ dialect: 'b', outputLifetime: '24h' })).toBe(true);
    expect(accepted({ dialect: 'b', plan: 'free' })).toBe(false);
    expect(accepted({ dialect: 'c' })).toBe(false);
    expect(accepted({ tokens: 3 })).toBe(false);
  });

  it('has webhooks and the spellings of common fields refused', () => {
    const [spec] = offerOf().models;
    if (!spec) throw new Error('no models');
    const problems: RequestProblem[] = [];
    const options = { webhook_url: 'https://example.com', num_images: 2, asset_id: 'x' };
    checkOptions(options, 'productai:nanobanana2', spec, problems);
    expect(problems.map(({ message, hint }) => `${message}; ${hint}`)).toEqual([
      'webhook_url is refused: Shotlist follows the jobs itself; leave it out',
      'num_images is not written under options; write outputs',
      'asset_id is not written under options; write references',
    ]);
  });
});
