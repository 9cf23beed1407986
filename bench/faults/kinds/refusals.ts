import type { Call, Fault } from '../../../src/simulator/index.ts';
import type { Draw } from '../draw.ts';
import { hasVendor, type Kinds, listsJobs, lostAnswers, once, paid, type Scene } from './kind.ts';

interface Aim {
  readonly calls: readonly Call[];
  readonly applies?: (scene: Scene) => boolean;
  /** What makes the client ask this at all. */
  readonly with?: (draw: Draw) => readonly Fault[];
}

const trains = ({ trains }: Scene): boolean => trains;

const goneModel: Fault = {
  kind: 'refuse',
  name: '404 at check-model',
  match: { call: 'check-model' },
  nth: [1, 4, 8, 12],
};

/** By the name of the call. */
const aims: Readonly<Record<string, Aim>> = {
  'a paid request': { calls: paid },
  'trigger-training': { calls: ['trigger-training'], applies: trains },
  'create-model': { calls: ['create-model'], applies: trains },
  'training-image': { calls: ['training-image'], applies: trains },
  'check-model': { calls: ['check-model'], applies: trains },
  'list-models': { calls: ['list-models'], applies: trains, with: () => [goneModel] },
  'list-images': {
    calls: ['list-images'],
    applies: trains,
    with: () => [
      {
        kind: 'reset-after',
        name: 'upload without an answer',
        match: { call: 'training-image' },
        nth: 3,
      },
    ],
  },
  upload: { calls: ['upload'], applies: hasVendor('productai', 'wonda') },
  'check-upload': { calls: ['check-upload', 'list-uploads'], applies: hasVendor('productai') },
  'check-job': { calls: ['check-job'] },
  'list-jobs': { calls: ['list-jobs'], applies: listsJobs, with: (draw) => [lostAnswers(draw)] },
  'describe-image': {
    calls: ['describe-image'],
    applies: hasVendor('photogpt'),
    with: (draw) => [lostAnswers(draw)],
  },
  download: { calls: ['download'] },
  'prepare-download': {
    calls: ['prepare-download', 'check-download'],
    applies: ({ videos }) => videos,
  },
  balance: { calls: ['balance', 'ping'] },
  capabilities: { calls: ['capabilities'], applies: hasVendor('wonda') },
  estimate: { calls: ['estimate'], applies: hasVendor('wonda') },
};

const words = ['vendor', 'kong', 'nginx', 'cloudflare'] as const;

/** Files are served by a CDN, which has its own words and its own faults. */
function refusal(draw: Draw, { calls }: Aim, status: number): Fault {
  const match = { call: [...calls] };
  if (calls.includes('download')) return { kind: 'download-error', status, match, ...once(draw) };
  return { kind: 'refuse', status, words: draw.pick(words), match, ...once(draw) };
}

/** One answer of 404, or of another refusal, at each call; nothing is accepted. */
export const refusals: Kinds = Object.fromEntries(
  Object.entries(aims).flatMap(([name, aim]) => {
    const { applies, with: more } = aim;
    const kind = (statusOf: (draw: Draw) => number) => ({
      ...(applies && { applies }),
      draw: (draw: Draw) => [...(more?.(draw) ?? []), refusal(draw, aim, statusOf(draw))],
    });
    return [
      [`404 at ${name}`, kind(() => 404)],
      [`refused at ${name}`, kind((draw) => draw.pick([400, 401, 402, 403, 409, 429]))],
    ];
  }),
);
