import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

const pictures = `batch: birds
steps:
  draw:
    rows: [{ what: hen }, { what: owl }, { what: jay }, { what: tit }, { what: emu }]
    model: photogpt:nanobanana
    prompt: a {{ what }} in the snow
`;

let studio: Studio;
afterEach(async () => studio.close());

/** Twenty simulated seconds a second: six requests in three real ones are the vendor's limit. */
const openLimited = async () => {
  const startedAt = Date.now();
  const fastClock = { now: () => startedAt + (Date.now() - startedAt) * 20 };
  studio = await openStudio(
    { clock: fastClock, perMinute: 6, perMinuteCounts: 'all', jobMs: 8_000 },
    {},
    { perMinute: 115, counts: 'all' },
  );
};

const requests = (): [string, number][] => Object.entries(studio.simulator.book.requests);

describe('a vendor that limits requests, not only paid ones', () => {
  it('is never asked too often, and both shots and polls get their turn', async () => {
    await openLimited();
    const { results } = await studio.runStep(await studio.startRun(pictures), 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(requests().filter(([request]) => request.endsWith('429'))).toEqual([]);
    const polls = requests().find(([request]) => request.startsWith('GET /photogpt/jobs/:id'));
    expect(polls?.[1]).toBeGreaterThanOrEqual(5);
  }, 30_000);

  it('holds claims too when it refuses a poll', async () => {
    const limit = { kind: 'rate-limit', match: { method: 'GET', path: '/jobs/' }, nth: 1 } as const;
    studio = await openStudio({ faults: [{ ...limit, seconds: 2 }] }, {}, { inFlight: 1 });
    const startedAt = Date.now();
    const { results } = await studio.runStep(await studio.startRun(pictures), 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    const [, second] = studio.simulator.book.accepted.map(({ at }) => Date.parse(at) - startedAt);
    expect(second).toBeGreaterThan(1_900);
  });
});
