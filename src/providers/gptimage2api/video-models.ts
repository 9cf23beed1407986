import type { ModelSpec } from '../../batch/model-spec.ts';
import { choice } from '../fields.ts';
import { insteadOf, type Listed, type PriceRow } from './listed.ts';

type Mode = 'text' | 'image' | 'both';

const schema = 'the other fields are not documented, so options are sent as written';

function videoModel(
  id: string,
  mode: Mode,
  prices: readonly PriceRow[],
  fields: ModelSpec['fields'],
  ...notes: readonly string[]
): Listed {
  const spec: ModelSpec = {
    id,
    operation: 'video',
    makes: 'video',
    trained: false,
    prompt: 'required',
    fields: { aspectRatio: { kind: 'text', note: 'the ratios are not documented' }, ...fields },
    references: {
      min: mode === 'image' ? 1 : 0,
      max: mode === 'text' ? 0 : 1,
      reads: ['image'],
      takes: ['link', 'own'],
      roles: [],
    },
    options: 'unchecked',
    insteadOf,
    notes: [...notes, schema],
  };
  return { spec, prices };
}

function byDuration(id: string, mode: Mode, fiveSeconds: number, tenSeconds: number): Listed {
  const prices = [
    { duration: 5, credits: fiveSeconds },
    { duration: 10, credits: tenSeconds },
  ];
  const note = 'the default duration is not documented: priced as the dearest';
  return videoModel(id, mode, prices, { duration: choice([5, 10]) }, note);
}

const durations = choice([5, 10, 15, 20]);

function sora(id: string, mode: Mode, prices: Readonly<Record<string, readonly number[]>>): Listed {
  const rows = Object.entries(prices).flatMap(([resolution, steps]) =>
    steps.map((credits) => ({ resolution, credits })),
  );
  const fields = { duration: durations, resolution: choice(Object.keys(prices)) };
  const note =
    'which durations its three prices stand for is not documented: priced as the dearest';
  return videoModel(id, mode, rows, fields, note);
}

const soraPrices = { '720p': [5, 10, 20], '1080p': [8, 15, 30] };
const soraProPrices = { '720p': [16, 32, 64], '1080p': [24, 48, 96] };

function veo(id: string, credits: number): Listed {
  return videoModel(id, 'both', [{ credits }], { duration: choice([8], 8) });
}

function unpriced(id: string, mode: Mode): Listed {
  const fields = {
    duration: durations,
    resolution: { kind: 'text', note: 'the values are not documented' },
  } as const;
  return videoModel(id, mode, [], fields, 'its prices are not known');
}

export const videoModels: readonly Listed[] = [
  byDuration('kling/v2-1-standard', 'image', 11, 22),
  byDuration('kling/v2-1-pro', 'image', 21, 42),
  byDuration('kling/v2-1-master-text-to-video', 'text', 67, 134),
  sora('sora-2-text-to-video', 'text', soraPrices),
  sora('sora-2-image-to-video', 'image', soraPrices),
  sora('sora-2-pro-text-to-video', 'text', soraProPrices),
  byDuration('hailuo/02-text-to-video-standard', 'text', 13, 21),
  byDuration('hailuo/02-image-to-video-standard', 'image', 13, 21),
  byDuration('hailuo/02-text-to-video-pro', 'text', 24, 48),
  byDuration('hailuo/02-image-to-video-pro', 'image', 24, 48),
  veo('veo3_fast', 9),
  veo('veo3', 63),
  veo('veo3_lite', 5),
  unpriced('wan/2-6-text-to-video', 'text'),
  unpriced('wan/2-6-image-to-video', 'image'),
  unpriced('bytedance/seedance-1.5-pro', 'both'),
];
