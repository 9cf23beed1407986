import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

const images = `batch: birds
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
    const { results } = await studio.runStep(await studio.startRun(images), 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    expect(requests().filter(([request]) => request.endsWith('429'))).toEqual([]);
    const polls = requests().find(([request]) => request.startsWith('GET /photogpt/jobs/:id'));
    expect(polls?.[1]).toBeGreaterThanOrEqual(5);
  }, 30_000);

  it('holds claims too when it refuses a poll', async () => {
    const limit = { kind: 'rate-limit', match: { method: 'GET', path: '/jobs/' }, nth: 1 } as const;
    studio = await openStudio({ faults: [{ ...limit, seconds: 2 }] }, {}, { inFlight: 1 });
    const startedAt = Date.now();
    const { results } = await studio.runStep(await studio.startRun(images), 'draw');
    expect(results).toMatchObject([{ kind: 'done', saved: 5 }]);
    const [, second] = studio.simulator.book.accepted.map(({ at }) => Date.parse(at) - startedAt);
    expect(second).toBeGreaterThan(1_900);
  });
});

describe('an upload that the rate limit refuses', () => {
  it('holds the account and is made when the limit has passed', async () => {
    const match = { method: 'POST', path: '/images/upload' };
    studio = await openStudio({
      faults: [{ kind: 'rate-limit', match, nth: 13, seconds: 1 }],
    });
    writeFileSync(join(studio.home, 'like.jpg'), await jpeg());
    const model = await studio.access.provider.train!.create({ name: 'Anna', subject });
    await trainAtVendor(model);
    const input = await studio.startRun(`batch: anna
models: { anna: { train: { account: photogpt, id: ${model} } } }
steps:
  draw: { model: anna, prompt: Anna in Lisbon, references: [like.jpg] }
`);
    const { key } = studio.access;
    const slice = { ...input, step: 'draw', account: key, slice: 0, slices: 1 };
    await studio.planOf(input, 'draw', 1);
    const startedAt = Date.now();
    await studio.environmentOf().run(studio.activities.uploadReferences, slice);
    expect(Date.now() - startedAt).toBeGreaterThan(900);
    expect(studio.simulator.book.requests).toMatchObject({
      'POST /photogpt/images/upload 429': 1,
    });
    expect(
      await studio.ledger.plans.neededUploads('anna', input.run, 'draw', () => ({ key, as: 'id' })),
    ).toEqual([]);
    const { results } = await studio.runStep(input, 'draw', 2);
    expect(results).toMatchObject([{ kind: 'done', saved: 1 }]);
  });
});

const subject = { gender: 'Female', age: 29 };

const jpeg = (red = 200): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: { r: red, g: 90, b: 40 } } })
    .jpeg()
    .toBuffer();

/** Outside of any batch, as a person would. */
async function trainAtVendor(model: string): Promise<void> {
  const { provider } = studio.access;
  for (let image = 0; image < 12; image++) {
    const path = join(studio.home, `${image}.jpg`);
    writeFileSync(path, await jpeg(image * 20));
    const about = { sha256: '', mime: 'image/jpeg', bytes: 1, name: `${image}.jpg`, path };
    await provider.train!.addImage(model, { ...about, trainedModel: model });
  }
  await provider.train!.start(model, { sendBy: Infinity, timeoutMs: 5_000, now: Date.now });
  while ((await provider.train!.check(model)).phase !== 'ready') await sleep(20);
}
