import { type Kinds, paid, some } from './kind.ts';

const match = { call: [...paid] };

/** What befalls a request or its answer on the way. */
export const network: Kinds = {
  'connection refused': {
    draw: (draw) => ({
      kind: 'refused',
      nth: draw.whole(3, 40),
      count: 1,
      ms: draw.whole(200, 1_500),
    }),
  },
  'reset before the request is read': {
    draw: (draw, scene) => ({ kind: 'reset-before', match, ...some(draw, scene, 0.06) }),
  },
  'reset after it was accepted': {
    draw: (draw, scene) => ({ kind: 'reset-after', match, ...some(draw, scene, 0.06) }),
  },
  'accepted, never answered': {
    draw: (draw, scene) => ({ kind: 'hang', match, ...some(draw, scene, 0.06) }),
  },
  '500 before acceptance': {
    draw: (draw, scene) => ({
      kind: 'error-before',
      status: 500,
      match,
      ...some(draw, scene, 0.06),
    }),
  },
  '500 after acceptance': {
    draw: (draw, scene) => ({
      kind: 'error-after',
      status: 500,
      match,
      ...some(draw, scene, 0.06),
    }),
  },
  '502, 503, 504': {
    draw: (draw, scene) => ({
      kind: 'error-before',
      status: draw.pick([502, 503, 504]),
      ...some(draw, scene, 0.4),
    }),
  },
  'HTML instead of JSON, before': {
    draw: (draw, scene) => ({ kind: 'html-before', ...some(draw, scene, 0.3) }),
  },
  'HTML instead of JSON, after': {
    draw: (draw, scene) => ({ kind: 'html-after', ...some(draw, scene, 0.3) }),
  },
  'truncated JSON': {
    draw: (draw, scene) => ({ kind: 'truncated-json', ...some(draw, scene, 0.3) }),
  },
  'compressed answer': {
    draw: (draw, scene) => ({
      kind: 'compressed',
      encoding: draw.pick(['gzip', 'br', 'deflate']),
      ...some(draw, scene, 0.4),
    }),
  },
  'slow answers': {
    draw: (draw, scene) => ({
      kind: 'slow',
      ms: draw.whole(50, 500),
      ...some(draw, scene, 2),
    }),
  },
  // Longer than the time limit of a paid request, and shorter than the time after which it is called absent.
  'accepted after it was given up': {
    draw: (draw, scene) => [
      { kind: 'slow', ms: draw.whole(900, 1_300), match, ...some(draw, scene, 0.06) },
      { kind: 'list-lags', name: 'list lags', ms: draw.whole(500, 2_000), match, probability: 0.3 },
    ],
  },
  // Longer than the time limit of a call that costs nothing.
  'free call slower than its limit': {
    draw: (draw) => ({
      kind: 'slow',
      ms: 31_000,
      match: { call: draw.pick(['check-job', 'create-model', 'estimate', 'list-jobs', 'balance']) },
      nth: draw.whole(1, 3),
    }),
  },
  'training trigger without an answer': {
    applies: ({ trains }) => trains,
    draw: (draw) => ({
      kind: draw.pick(['reset-after', 'hang', 'error-after', 'html-after']),
      match: { call: 'trigger-training' },
      nth: 1,
    }),
  },
  'upload without an answer': {
    draw: (draw) => ({
      kind: draw.pick(['reset-after', 'error-after', 'html-after']),
      match: { call: ['upload', 'training-image', 'create-model'] },
      ...{ probability: 0.3, count: draw.whole(1, 3) },
    }),
  },
};
