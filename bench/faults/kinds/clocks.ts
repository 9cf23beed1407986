import type { Kinds } from './kind.ts';

const jumps = [-3_600_000, -90_000, 90_000, 3_600_000];

/** The vendor's clock; one that is ahead or behind all the time is a setting of the simulator. */
export const clocks: Kinds = {
  'vendor’s clock jumps before a start': {
    draw: (draw) => ({
      kind: 'clock-jumps',
      ms: draw.pick(jumps),
      when: 'before',
      match: { call: ['generate', 'trigger-training'] },
      nth: draw.whole(1, 6),
    }),
  },
  'vendor’s clock jumps after a start': {
    draw: (draw) => ({
      kind: 'clock-jumps',
      ms: draw.pick(jumps),
      when: 'after',
      match: { call: ['generate', 'trigger-training'] },
      nth: draw.whole(1, 6),
    }),
  },
};
