import type { Call, Fault } from '../../../src/simulator/index.ts';
import type { Draw } from '../draw.ts';
import { type Kinds, paid, type Scene } from './kind.ts';

const repeat = (draw: Draw, call: readonly Call[]): Fault => ({
  kind: 'repeat',
  answer: draw.pick(['first', 'second']),
  match: { call: [...call] },
  nth: draw.whole(1, 4),
});
const trains = ({ trains }: Scene): boolean => trains;

/** A gateway on the way sends a request on twice; what the vendor makes of the second is not ours. */
export const gateways: Kinds = {
  'gateway repeats a paid request': { draw: (draw) => repeat(draw, paid) },
  'gateway repeats the training trigger': {
    applies: trains,
    draw: (draw) => ({ ...repeat(draw, ['trigger-training']), nth: 1 }),
  },
  'gateway repeats an upload': {
    draw: (draw) => repeat(draw, ['upload', 'training-image']),
  },
  'gateway repeats create-model': {
    applies: trains,
    draw: (draw) => ({ ...repeat(draw, ['create-model']), nth: 1 }),
  },
  'gateway repeats a poll': {
    draw: (draw) => ({
      ...repeat(draw, ['check-job', 'check-model', 'list-jobs']),
      nth: [1, 4, 9],
    }),
  },
};
