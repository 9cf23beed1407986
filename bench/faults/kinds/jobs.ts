import { few, type Kinds, paid, some } from './kind.ts';

/** What becomes of work that was accepted. */
export const jobs: Kinds = {
  'job fails, refunded': {
    draw: (draw, scene) => ({ kind: 'job-fails', refunded: true, ...some(draw, scene, 0.2) }),
  },
  'job fails, not refunded': {
    draw: (draw, scene) => ({ kind: 'job-fails', refunded: false, ...some(draw, scene, 0.1) }),
  },
  'job never ends': {
    draw: (draw, scene) => ({
      kind: 'job-endless',
      match: { call: [...paid] },
      ...some(draw, scene, 0.05),
    }),
  },
  'job unknown for a while': {
    draw: (draw, scene) => ({
      kind: 'not-found',
      match: { method: 'GET', path: '/(jobs?|tasks)/' },
      ...some(draw, scene, 0.3),
    }),
  },
  'fewer files than ordered': {
    applies: ({ several }) => several,
    draw: (draw) => ({ kind: 'fewer-files', match: { call: 'generate' }, ...few(draw) }),
  },
  'more files than ordered': {
    draw: (draw) => ({ kind: 'more-files', match: { call: 'generate' }, ...few(draw) }),
  },
  'training shows late': {
    applies: ({ trains }) => trains,
    draw: (draw) => ({ kind: 'training-shows-late', ms: draw.whole(1_000, 9_000) }),
  },
  'training shows late, its answer lost': {
    applies: ({ trains }) => trains,
    draw: (draw) => [
      { kind: 'training-shows-late', ms: draw.whole(8_000, 12_000) },
      {
        kind: 'reset-after',
        name: 'training trigger without an answer',
        match: { call: 'trigger-training' },
        nth: 1,
      },
    ],
  },
};
