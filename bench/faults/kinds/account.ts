import type { Fault } from '../../../src/simulator/index.ts';
import type { Draw } from '../draw.ts';
import { hasVendor, type Kinds, paid, type Scene, some } from './kind.ts';

const limit = (draw: Draw, scene: Scene, fault: Partial<Fault>): Fault => ({
  kind: 'rate-limit',
  ...some(draw, scene, 0.3),
  ...fault,
});
const header = (draw: Draw, scene: Scene, text: string | string[]): Fault =>
  limit(draw, scene, { retryAfter: 'text', text });

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toUTCString();

/** What a vendor says of the account, and how long to wait. */
export const account: Kinds = {
  '429 without Retry-After': {
    draw: (draw, scene) => limit(draw, scene, { retryAfter: 'none' }),
  },
  '429 with seconds': {
    draw: (draw, scene) => limit(draw, scene, { retryAfter: 'seconds', seconds: 1 }),
  },
  '429 with a date': {
    draw: (draw, scene) => limit(draw, scene, { retryAfter: 'date', seconds: 1 }),
  },
  '429, wait 0': { draw: (draw, scene) => header(draw, scene, '0') },
  '429, wait with a fraction': { draw: (draw, scene) => header(draw, scene, '0.5') },
  '429, wait negative': { draw: (draw, scene) => header(draw, scene, '-5') },
  '429, date in the past': { draw: (draw, scene) => header(draw, scene, inSeconds(-600)) },
  '429, date in ISO form': {
    draw: (draw, scene) => header(draw, scene, new Date(Date.now() + 30_000).toISOString()),
  },
  '429, wait with a unit': { draw: (draw, scene) => header(draw, scene, '2s') },
  '429, wait is no time': { draw: (draw, scene) => header(draw, scene, 'soon, "later"; q=1') },
  '429, two waits': { draw: (draw, scene) => header(draw, scene, ['1', '2']) },
  // Whoever obeys it waits for an hour: the person goes home, and the clock moves on.
  '429, wait of days': {
    draw: (draw) => ({
      kind: 'rate-limit',
      retryAfter: 'text',
      text: '259200',
      match: { call: [...paid] },
      nth: draw.whole(2, 6),
    }),
  },
  '429, odd wait in the body': {
    applies: hasVendor('wonda', 'productai'),
    draw: (draw, scene) =>
      limit(draw, scene, {
        retryAfter: 'none',
        seconds: 1,
        form: draw.pick(['fraction', 'text', 'negative', 'not-a-number', 'exponent']),
        match: { path: '^/(wonda|productai)/' },
      }),
  },
  '401 for a while': {
    draw: (draw) => ({
      kind: 'unauthorized',
      match: { method: 'POST' },
      probability: 0.5,
      forMs: draw.whole(200, 1_000),
      count: 4,
    }),
  },
  '402 for a while': {
    draw: (draw) => ({
      kind: 'no-credits',
      match: { call: [...paid] },
      probability: 0.5,
      forMs: draw.whole(200, 1_000),
      count: 4,
    }),
  },
};
