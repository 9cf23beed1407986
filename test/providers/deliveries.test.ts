import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/json.ts';
import { json, serve } from '../http/server.ts';
import { vendorOf } from './stage.ts';

interface Lister {
  readonly id: string;
  readonly settings?: JsonObject;
  /** An entry as the vendor writes it, and the answer that lists such entries. */
  readonly entry: (name: string) => Json;
  readonly answer: (entries: Json) => JsonObject;
  /** Entries beside null that name no file. */
  readonly unreadable: readonly Json[];
}

const link = (name: string): string => `https://files.test/${name}`;
const twoNames: readonly Json[] = [{}, { id: null, url: null }, { url: '' }, 7, true, []];

const listers: readonly (readonly [string, Lister])[] = [
  [
    'the images of photogpt',
    {
      id: 'photogpt',
      entry: (name) => ({ id: name, url: link(name) }),
      answer: (images) => ({ result: { status: 'success', images } }),
      unreadable: twoNames,
    },
  ],
  [
    'productai in dialect a',
    {
      id: 'productai',
      entry: (name) => ({ url: link(name), width: 1 }),
      answer: (images) => ({ status: 'completed', images }),
      unreadable: twoNames,
    },
  ],
  [
    'productai in dialect b',
    {
      id: 'productai',
      settings: { dialect: 'b' },
      entry: link,
      answer: (links) => ({ data: { id: 7, status: 'COMPLETED', image_url: links } }),
      unreadable: [{}, 7, ''],
    },
  ],
  [
    'wonda',
    {
      id: 'wonda',
      entry: (name) => ({ outputKey: 'image', media: { mediaId: name, url: link(name) } }),
      answer: (outputs) => ({ status: 'succeeded', outputs }),
      unreadable: [
        {},
        { media: null, outputValue: null },
        { media: { mediaId: 'm' } },
        { media: 'odd', outputValue: { odd: 1 } },
        { media: { url: { odd: 1 } }, outputValue: { odd: 1 } },
        7,
      ],
    },
  ],
  [
    'gptimage2api',
    {
      id: 'gptimage2api',
      entry: link,
      answer: (imageUrls) => ({ status: 1, imageUrls }),
      unreadable: [{}, 7, ''],
    },
  ],
];

describe.each(listers)('the list of files of %s', (_, lister) => {
  async function filesOf(entries: Json) {
    const { url } = await serve((__, response) => json(response, 200, lister.answer(entries)));
    const { id, settings = {} } = lister;
    const provider = vendorOf(id).connect({ baseUrl: url, apiKey: 'key-1', settings });
    const state = await provider.check(provider.jobRef('7'));
    if (state.state !== 'succeeded') throw new Error(state.state);
    return { urls: state.outputs.map((output) => output.url), unreadable: state.unreadable };
  }
  const { entry } = lister;

  it('gives what can be read, and tells how many entries cannot', async () => {
    for (const bad of [null, ...lister.unreadable])
      expect(await filesOf([entry('a'), bad, entry('b')]), JSON.stringify(bad)).toEqual({
        urls: [link('a'), link('b')],
        unreadable: 1,
      });
  });

  it('gives a file once that is listed twice, in the order of the list', async () => {
    expect(await filesOf([entry('b'), entry('a'), entry('b')])).toEqual({
      urls: [link('b'), link('a')],
      unreadable: 0,
    });
  });

  it('may be null, or empty, or hold nothing that can be read', async () => {
    expect(await filesOf(null)).toEqual({ urls: [], unreadable: 0 });
    expect(await filesOf([])).toEqual({ urls: [], unreadable: 0 });
    expect(await filesOf([null, null])).toEqual({ urls: [], unreadable: 2 });
  });

  it('may be long', async () => {
    const many = Array.from({ length: 40_000 }, (__, index) => entry(String(index)));
    expect((await filesOf(many)).urls).toHaveLength(40_000);
  });
});

describe('an image of photogpt', () => {
  const answers = (path: string): JsonObject | undefined =>
    ({
      '/jobs/7': { result: { status: 'success', images: [{ id: 'i-1', url: null }] } },
      '/images/i-1': { result: { id: 'i-1', url: link('i-1') } },
    })[path];

  it('that is named without a link is asked for by its id', async () => {
    const { url } = await serve((request, response) => {
      const answer = answers(request.url);
      if (answer) json(response, 200, { status: 'OK', ...answer });
      else json(response, 404, { status: 'NOK', message: 'video not found', result: null });
    });
    const provider = vendorOf('photogpt').connect({ baseUrl: url, apiKey: 'key-1', settings: {} });
    const state = await provider.check({ jobId: '7' });
    if (state.state !== 'succeeded') throw new Error(state.state);
    expect(state.outputs).toEqual([{ remote: 'i-1', url: null, expiresAt: null }]);
    const [output] = state.outputs;
    expect(output && (await provider.prepare?.(output))).toEqual({ ready: true, url: link('i-1') });
  });
});
