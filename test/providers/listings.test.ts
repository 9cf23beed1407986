import type http from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/json.ts';
import { Backoff } from '../../src/http/backoff.ts';
import type { Provider } from '../../src/providers/port.ts';
import { LeapingClock } from '../http/driven-clock.ts';
import { failure, json, serve } from '../http/server.ts';
import { vendorOf } from './stage.ts';

type Answer = (query: URLSearchParams, path: string) => unknown;

/** A vendor behind a server that answers each list by its query. */
async function against(id: string, answer: Answer): Promise<Provider & { asked: () => number }> {
  let count = 0;
  const { url } = await serve(({ url: target }, response) => {
    const { searchParams, pathname } = new URL(target, 'http://vendor.test');
    count += 1;
    json(response, 200, answer(searchParams, pathname));
  });
  const provider = vendorOf(id).connect({ baseUrl: url, apiKey: 'key-1', settings: {} });
  return { ...provider, asked: () => count };
}

const hour = 3_600_000;
const at = (minute: number): string => new Date(minute * 60_000).toISOString();
const ids = (listing: { entries: readonly { id: string }[] } | undefined): string[] =>
  (listing?.entries ?? []).map(({ id }) => id);

/** How each vendor writes one list, for all of its lists alike. */
const lists: readonly (readonly [
  string,
  {
    readonly id: string;
    readonly entry: (id: string) => Json;
    readonly answer: (entries: unknown) => unknown;
    readonly read: (
      provider: Provider,
    ) => Promise<{ entries: readonly unknown[]; unreadable: number }>;
    readonly shown: (entry: unknown) => unknown;
  },
])[] = [
  [
    'the jobs of photogpt',
    {
      id: 'photogpt',
      entry: (id) => ({ jobId: id, createdAt: at(1), credits: 10, status: 'success' }),
      answer: (jobs) => ({ result: { jobs } }),
      read: async (provider) => (await provider.listJobs?.(0, hour)) ?? never(),
      shown: (entry) => (entry as { id: string }).id,
    },
  ],
  [
    'the models of photogpt',
    {
      id: 'photogpt',
      entry: (id) => ({ id, status: 'ready' }),
      answer: (result) => ({ result }),
      read: async (provider) => (await provider.train?.list()) ?? never(),
      shown: (entry) => (entry as { id: string }).id,
    },
  ],
  [
    'the images of a model of photogpt',
    {
      id: 'photogpt',
      entry: (id) => ({ id }),
      answer: (result) => ({ page: 1, pageSize: 20, result }),
      read: async (provider) => (await provider.train?.listImages('m', 'training')) ?? never(),
      shown: (entry) => entry,
    },
  ],
  [
    'the jobs of productai',
    {
      id: 'productai',
      entry: (id) => ({ job_id: id, created_at: at(1) }),
      answer: (jobs) => ({ jobs, has_more: false }),
      read: async (provider) => (await provider.listJobs?.(0, hour)) ?? never(),
      shown: (entry) => (entry as { id: string }).id,
    },
  ],
  [
    'the uploads of productai',
    {
      id: 'productai',
      entry: (id) => ({ asset_id: id, name: 'shoe' }),
      answer: (assets) => ({ assets, has_more: false }),
      read: async (provider) => (await provider.files?.list()) ?? never(),
      shown: (entry) => (entry as { id: string }).id,
    },
  ],
  [
    'the uploads of wonda',
    {
      id: 'wonda',
      entry: (id) => ({ mediaId: id, kind: 'image' }),
      answer: (media) => ({ media }),
      read: async (provider) => (await provider.files?.list()) ?? never(),
      shown: (entry) => (entry as { id: string }).id,
    },
  ],
];

function never(): never {
  throw new Error('the vendor has no such list');
}

describe.each(lists)('%s', (_, { id, entry, answer, read, shown }) => {
  const bad: fc.Arbitrary<Json> = fc.constantFrom<Json>(
    null,
    {},
    7,
    'odd',
    [],
    { id: null },
    { id: '..' },
  );

  it('are read entry by entry, in any order, and the rest is counted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 }),
        fc.array(bad, { maxLength: 3 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (numbers, odd, chance) => {
          const names = numbers.map((number) => `n-${number}`);
          const mixed = [...names.map(entry), ...odd].toSorted(() => chance.next().value - 0.5);
          const provider = await against(id, () => answer(mixed));
          const listing = await read(provider);
          expect(listing.entries.map(shown).toSorted()).toEqual(names.toSorted());
          expect(listing.unreadable).toBe(odd.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are not whole where the list is null or another thing', async () => {
    for (const odd of [null, 'soon', 7, { message: 'soon' }]) {
      const provider = await against(id, () => answer(odd));
      const reported = await read(provider).catch((error: unknown) => error);
      // Either it says so, or it cannot be read at all: never an empty list.
      if (!(reported instanceof Error))
        expect(reported, JSON.stringify(odd)).toMatchObject({ unreadable: 1 });
    }
  });
});

/** Answers of a vendor in bad weather; the last is a refusal that asks for a second. */
const failures: readonly ((response: http.ServerResponse) => void)[] = [
  (response) => json(response, 500, { message: 'internal error' }),
  (response) => response.end('<html>Oops</html>'),
  (response) => response.destroy(),
  (response) => {
    response.setHeader('retry-after', '1');
    json(response, 429, { message: 'too many requests' });
  },
];

/** Each list of several pages: its page at a place, and how it is read. */
const paged: readonly (readonly [
  string,
  string,
  (place: number, query: URLSearchParams) => unknown,
  (query: URLSearchParams) => number,
  (provider: Provider) => Promise<{ entries: readonly unknown[] }>,
])[] = [
  [
    'the jobs of photogpt',
    'photogpt',
    (place) => ({
      result: {
        jobs: [{ jobId: `j-${place}`, createdAt: at(1) }],
        nextPageToken: place < pagesInAll ? `${place + 1}` : null,
      },
    }),
    (query) => Number(query.get('pageToken') ?? 1),
    async (provider) => (await provider.listJobs?.(0, hour)) ?? never(),
  ],
  [
    'the images of a model of photogpt',
    'photogpt',
    (place) => ({
      pageSize: 1,
      result: place <= pagesInAll ? [{ id: `i-${place}` }] : [],
    }),
    (query) => Number(query.get('pageNum')),
    async (provider) => (await provider.train?.listImages('m', 'training')) ?? never(),
  ],
  [
    'the jobs of productai',
    'productai',
    (place) => ({
      jobs: [{ job_id: `job_${place}`, created_at: at(1) }],
      has_more: place < pagesInAll,
    }),
    (query) => Number(query.get('offset')) + 1,
    async (provider) => (await provider.listJobs?.(0, hour)) ?? never(),
  ],
];
const pagesInAll = 12;

describe.each(paged)('%s, on many pages,', (_, id, page, placeOf, read) => {
  /** Requests by page; `isFailing` says whether a try fails. */
  const open = async (isFailing: (place: number, tries: number) => boolean) => {
    const tries = new Map<number, number>();
    const { url } = await serve(({ url: target }, response) => {
      const query = new URL(target, 'http://vendor.test').searchParams;
      const place = placeOf(query);
      const count = (tries.get(place) ?? 0) + 1;
      tries.set(place, count);
      const fail = isFailing(place, count) ? failures[place % failures.length] : undefined;
      if (fail) fail(response);
      else json(response, 200, page(place, query));
    });
    const clock = new LeapingClock();
    const backoff = new Backoff({ clock });
    const settings = {};
    const provider = vendorOf(id).connect({ baseUrl: url, apiKey: 'key-1', settings, backoff });
    return { provider, tries, clock };
  };

  it('go on at the page that failed', async () => {
    const { provider, tries, clock } = await open((place, count) => place > 1 && count === 1);
    expect((await read(provider)).entries).toHaveLength(pagesInAll);
    expect(tries.get(1)).toBe(1);
    expect(Math.max(...tries.values())).toBe(2);
    expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(1_000);
    expect(clock.waits.length).toBeGreaterThanOrEqual(pagesInAll - 1);
  });

  it('cannot be read while one of them fails each time, which is soon known', async () => {
    const { provider, tries } = await open((place) => place === 4);
    await expect(read(provider)).rejects.toThrow();
    expect([tries.get(1), tries.get(3), tries.get(4), tries.get(5)]).toEqual([1, 1, 4, undefined]);
  });

  it('are not asked for again where the first one fails', async () => {
    const { provider, tries } = await open((place) => place === 1);
    await expect(read(provider)).rejects.toThrow();
    expect([...tries]).toEqual([[1, 1]]);
  });
});

describe('the list of jobs of photogpt', () => {
  it('that is missing is no empty one', async () => {
    const provider = await against('photogpt', () => ({ result: {} }));
    expect(await failure(provider.listJobs?.(0, hour) ?? Promise.resolve())).toMatchObject({
      name: 'ResponseShapeError',
    });
  });

  it('has each job once where pages overlap', async () => {
    const pages: Record<string, object> = {
      '': { jobs: [{ jobId: 'a' }, { jobId: 'b' }], nextPageToken: '2' },
      '2': { jobs: [{ jobId: 'b' }, { jobId: 'c' }], nextPageToken: null },
    };
    const provider = await against('photogpt', (query) => ({
      result: pages[query.get('pageToken') ?? ''],
    }));
    const listing = await provider.listJobs?.(0, hour);
    expect([ids(listing), listing?.unreadable]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('is not whole where a page leads back to itself', async () => {
    const provider = await against('photogpt', () => ({
      result: { jobs: [{ jobId: 'a' }], nextPageToken: 'again' },
    }));
    const listing = await provider.listJobs?.(0, hour);
    expect([ids(listing), listing?.unreadable]).toEqual([['a'], 1]);
    expect(provider.asked()).toBe(2);
  });
});

describe('the images of a model of photogpt', () => {
  it('end with a page that is null', async () => {
    const full = Array.from({ length: 20 }, (_, index) => ({ id: `i-${index}` }));
    const provider = await against('photogpt', (query) => ({
      pageSize: 20,
      result: query.get('pageNum') === '1' ? full : null,
    }));
    const listing = await provider.train?.listImages('m', 'training');
    expect([listing?.entries.length, listing?.unreadable]).toEqual([20, 0]);
  });
});

/** The jobs of ProductAI as they are at each request: what happens between two pages. */
function moving(states: readonly (readonly number[])[], more: object = {}): Answer {
  let request = 0;
  return (query) => {
    const jobs = states[Math.min(request++, states.length - 1)] ?? [];
    const offset = Number(query.get('offset'));
    const page = jobs.slice(offset, offset + 20);
    return {
      jobs: page.map((minute) => ({ job_id: `job_${minute}`, created_at: at(minute) })),
      total: jobs.length,
      has_more: offset + page.length < jobs.length,
      ...more,
    };
  };
}
const newestFirst = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => to - index);

describe('the list of jobs of productai', () => {
  const day = 24 * hour;

  it('is read again where it has grown between two pages', async () => {
    const provider = await against('productai', moving([newestFirst(1, 30), newestFirst(1, 31)]));
    const listing = await provider.listJobs?.(0, day);
    expect(listing?.entries).toHaveLength(31);
  });

  it('is read again where it has shrunk between two pages, which hides a job', async () => {
    const all = newestFirst(1, 30);
    const without = all.filter((minute) => minute !== 29);
    const provider = await against('productai', moving([all, without]));
    // The twenty-first job has moved to the first page.
    expect(ids(await provider.listJobs?.(0, day))).toContain('job_10');
  });

  it('cannot be read while it never holds still', async () => {
    const states = Array.from({ length: 20 }, (_, index) => newestFirst(1, 30 + index));
    const provider = await against('productai', moving(states));
    await expect(provider.listJobs?.(0, day)).rejects.toThrow('does not list all of its jobs');
  });

  it('cannot be read where it ends before its total', async () => {
    const provider = await against('productai', moving([newestFirst(1, 5)], { total: 9 }));
    await expect(provider.listJobs?.(0, day)).rejects.toThrow('does not list all of its jobs');
  });

  it('does not count an entry that cannot be read where its time is another', async () => {
    const entries = [{ created_at: at(1) }, { created_at: at(90) }, {}];
    const provider = await against('productai', () => ({ jobs: entries, has_more: false }));
    expect(await provider.listJobs?.(hour, 2 * hour)).toEqual({ entries: [], unreadable: 2 });
  });

  it('shows no upload to be missing where an entry cannot be read', async () => {
    const assets = [{ asset_id: 'asset_1' }, null];
    const provider = await against('productai', () => ({ assets, has_more: false }));
    expect(await provider.uploadStates?.(['asset_1', 'asset_2'])).toEqual(['ready', 'unknown']);
  });
});
