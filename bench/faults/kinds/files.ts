import { few, type Kinds } from './kind.ts';

/** Files that do not come as they should. */
export const files: Kinds = {
  'output URL expired': { draw: (draw) => ({ kind: 'url-expired', ...few(draw) }) },
  'output 403': { draw: (draw) => ({ kind: 'download-forbidden', ...few(draw) }) },
  'output 5xx': { draw: (draw) => ({ kind: 'download-error', ...few(draw) }) },
  'output reset half way': { draw: (draw) => ({ kind: 'download-reset', ...few(draw) }) },
  'output is HTML': { draw: (draw) => ({ kind: 'download-html', ...few(draw) }) },
  'output too short': { draw: (draw) => ({ kind: 'download-short', ...few(draw) }) },
  'output has wrong bytes': { draw: (draw) => ({ kind: 'download-wrong-bytes', ...few(draw) }) },
  // In every try: what does not get better by trying again.
  'output compressed': {
    draw: (draw) => ({
      kind: 'download-compressed',
      encoding: draw.pick(['gzip', 'br', 'deflate']),
      everyTry: true,
      ...few(draw),
    }),
  },
  'output damaged in every try': {
    draw: (draw) => ({ kind: 'download-damaged', everyTry: true, ...few(draw) }),
  },
  'SVG with a long prologue': {
    applies: ({ vectors }) => vectors,
    draw: (draw) => ({ kind: 'download-prologue', everyTry: true, ...few(draw) }),
  },
};
