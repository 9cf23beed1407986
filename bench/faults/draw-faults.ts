import type { Fault } from '../../src/simulator/index.ts';
import type { Draw } from './scenario.ts';

/** A way to misbehave, and how hard it may strike one batch; every fault ends, so that every batch can. */
type Maker = (draw: Draw, shots: number) => Fault;

const post = { method: 'POST', path: '(generat|upscal|edit)' };
const some = (draw: Draw, shots: number, share: number): Pick<Fault, 'probability' | 'count'> => ({
  probability: draw.whole(5, 40) / 100,
  count: Math.max(1, Math.round(shots * share)),
});

/** Of downloads: many in a row on one file would only show how long it waits between two tries. */
const few = (draw: Draw): Pick<Fault, 'probability' | 'count'> => ({
  probability: draw.whole(10, 50) / 100,
  count: draw.whole(1, 4),
});

/** By the name that the table of docs/faults.md gives each. */
const faultMakers: Readonly<Record<string, Maker>> = {
  'connection refused': (draw) => ({
    kind: 'refused',
    nth: draw.whole(3, 40),
    count: 1,
    ms: draw.whole(200, 1_500),
  }),
  'reset before the request is read': (draw, shots) => ({
    kind: 'reset-before',
    match: post,
    ...some(draw, shots, 0.06),
  }),
  'reset after it was accepted': (draw, shots) => ({
    kind: 'reset-after',
    match: post,
    ...some(draw, shots, 0.06),
  }),
  'accepted, never answered': (draw, shots) => ({
    kind: 'hang',
    match: post,
    ...some(draw, shots, 0.06),
  }),
  '500 before acceptance': (draw, shots) => ({
    kind: 'error-before',
    status: 500,
    match: post,
    ...some(draw, shots, 0.06),
  }),
  '500 after acceptance': (draw, shots) => ({
    kind: 'error-after',
    status: 500,
    match: post,
    ...some(draw, shots, 0.06),
  }),
  '502, 503, 504': (draw, shots) => ({
    kind: 'error-before',
    status: draw.pick([502, 503, 504]),
    ...some(draw, shots, 0.4),
  }),
  'HTML instead of JSON, before': (draw, shots) => ({
    kind: 'html-before',
    ...some(draw, shots, 0.3),
  }),
  'HTML instead of JSON, after': (draw, shots) => ({
    kind: 'html-after',
    ...some(draw, shots, 0.3),
  }),
  'truncated JSON': (draw, shots) => ({ kind: 'truncated-json', ...some(draw, shots, 0.3) }),
  '429 without Retry-After': (draw, shots) => ({
    kind: 'rate-limit',
    retryAfter: 'none',
    ...some(draw, shots, 0.3),
  }),
  '429 with seconds': (draw, shots) => ({
    kind: 'rate-limit',
    retryAfter: 'seconds',
    seconds: 1,
    ...some(draw, shots, 0.3),
  }),
  '429 with a date': (draw, shots) => ({
    kind: 'rate-limit',
    retryAfter: 'date',
    seconds: 1,
    ...some(draw, shots, 0.3),
  }),
  '401 for a while': (draw) => ({
    kind: 'unauthorized',
    match: { method: 'POST' },
    probability: 0.5,
    forMs: draw.whole(200, 1_000),
    count: 4,
  }),
  '402 for a while': (draw) => ({
    kind: 'no-credits',
    match: post,
    probability: 0.5,
    forMs: draw.whole(200, 1_000),
    count: 4,
  }),
  'job fails, refunded': (draw, shots) => ({
    kind: 'job-fails',
    refunded: true,
    ...some(draw, shots, 0.2),
  }),
  'job fails, not refunded': (draw, shots) => ({
    kind: 'job-fails',
    refunded: false,
    ...some(draw, shots, 0.1),
  }),
  'job never ends': (draw, shots) => ({
    kind: 'job-endless',
    match: post,
    ...some(draw, shots, 0.05),
  }),
  'job unknown for a while': (draw, shots) => ({
    kind: 'not-found',
    match: { method: 'GET', path: '/(jobs?|tasks)/' },
    ...some(draw, shots, 0.3),
  }),
  'list lags': (draw, shots) => ({
    kind: 'list-lags',
    ms: draw.whole(100, 1_000),
    ...some(draw, shots, 0.5),
  }),
  // From one job on. A list that hides a single job among others that it shows leaves no trace at all.
  'list omits': (draw, shots) => {
    const first = draw.whole(1, 10);
    return { kind: 'list-omits', nth: Array.from({ length: 2 * shots }, (_, n) => first + n) };
  },
  'output URL expired': (draw) => ({ kind: 'url-expired', ...few(draw) }),
  'output 403': (draw) => ({ kind: 'download-forbidden', ...few(draw) }),
  'output 5xx': (draw) => ({ kind: 'download-error', ...few(draw) }),
  'output reset half way': (draw) => ({ kind: 'download-reset', ...few(draw) }),
  'output is HTML': (draw) => ({ kind: 'download-html', ...few(draw) }),
  'output too short': (draw) => ({ kind: 'download-short', ...few(draw) }),
  'output has wrong bytes': (draw) => ({
    kind: 'download-wrong-bytes',
    ...few(draw),
  }),
  'slow answers': (draw, shots) => ({
    kind: 'slow',
    ms: draw.whole(50, 500),
    ...some(draw, shots, 2),
  }),
};

export const faultKinds: readonly string[] = Object.keys(faultMakers);

export function drawFaults(draw: Draw, shots: number): Fault[] {
  const names = draw.some(faultKinds, draw.whole(3, 10));
  return names.flatMap((name) => {
    const maker = faultMakers[name];
    return maker ? [{ ...maker(draw, shots), name }] : [];
  });
}
