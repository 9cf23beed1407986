import type { Draw, Focus } from './scenario.ts';

export interface DrawnBatch {
  /** The batch file. */
  readonly document: object;
  /** `shotlist.yaml`. */
  readonly accounts: Readonly<Record<string, object>>;
  readonly vendors: readonly string[];
  /** With those that read other shots. */
  readonly shots: number;
  /** Whether the batch's own cap is below its price, so that it must stop in the middle. */
  readonly capped: boolean;
  readonly onAmbiguous: 'park' | 'resubmit';
}

interface Steps {
  readonly steps: Readonly<Record<string, object>>;
  readonly models?: Readonly<Record<string, object>>;
  readonly shots: number;
  /** In the account's unit, were every shot made once. */
  readonly price: number;
}

/** Limits are scaled so that what takes minutes at a vendor takes seconds here. */
const timeouts = {
  postMs: 700,
  imageJobMs: 6_000,
  videoJobMs: 6_000,
  trainingMs: 20_000,
  pollFirstMs: 100,
  pollMs: 300,
  trainingPollMs: 200,
};

const units: Readonly<Record<string, string>> = {
  photogpt: 'credits',
  productai: 'credits',
  wonda: 'usd',
  gptimage2api: 'credits',
};

const makers: Readonly<Record<string, (draw: Draw, shots: number) => Steps>> = {
  photogpt: drawPhotogpt,
  productai: (draw, wanted) => {
    const { shots, mark, ...cells } = drawCells(draw, wanted);
    return {
      steps: {
        packshots: {
          ...cells,
          model: 'productai:nanobanana',
          prompt: 'a shelf, number {{ id }}',
          references: draw.chance(0.5) ? 'product.jpg' : 'https://example.com/product-{{ id }}.jpg',
          name: `packshot ${mark}`,
        },
      },
      shots,
      price: shots * 3,
    };
  },
  wonda: (draw, shots) => {
    const cuts = draw.chance(0.5) ? Math.floor(shots / 2) : 0;
    const posters = shots - cuts;
    return {
      steps: {
        posters: {
          rows: rows(posters),
          model: 'wonda:nano-banana-2',
          prompt: 'a poster, number {{ id }}',
          name: 'poster {{ id }}',
        },
        ...(cuts > 0 && {
          cutouts: { from: 'posters', model: 'wonda:birefnet-bg-removal' },
        }),
      },
      shots: cuts > 0 ? posters * 2 : posters,
      price: 0,
    };
  },
  gptimage2api: (_, shots) => ({
    steps: {
      adverts: {
        rows: rows(shots),
        model: 'gptimage2api:gpt-image-2',
        prompt: 'an advert, number {{ id }}',
        name: 'advert {{ id }}',
      },
    },
    shots,
    price: shots * 3,
  }),
};

/** PhotoGPT comes most often: it is the one that trains, lists its jobs and reads its own pictures. */
const choices = ['photogpt', 'photogpt', 'productai', 'wonda', 'gptimage2api'];

export function drawBatch(draw: Draw, focus: Focus): DrawnBatch {
  const vendors = focus.vendors ?? [...new Set(draw.some(choices, draw.whole(1, 3)))];
  const total = draw.whole(8, 40);
  const parts = vendors.map((vendor) => {
    const make = makers[vendor];
    if (!make) throw new Error(`nothing is drawn for ${vendor}`);
    return [vendor, make(draw, Math.max(2, Math.floor(total / vendors.length)))] as const;
  });
  const capped = focus.capped ?? draw.chance(0.15);
  const onAmbiguous = draw.chance(0.1) ? 'resubmit' : 'park';
  const models = Object.assign({}, ...parts.map(([, { models: own }]) => own ?? {})) as object;
  const budget = Object.fromEntries(
    parts
      .filter(([, { price }]) => price > 0)
      .map(([vendor, { price }]) => [vendor, `${Math.ceil(price * 0.6)} ${units[vendor]}`]),
  );
  return {
    document: {
      batch: 'campaign',
      ...(Object.keys(models).length > 0 && { models }),
      ...(capped && Object.keys(budget).length > 0 && { budget }),
      policy: { maxFailures: 'none', retries: 2, paidRetries: draw.whole(0, 1), onAmbiguous },
      steps: Object.assign({}, ...parts.map(([, { steps }]) => steps)) as object,
    },
    accounts: Object.fromEntries(
      vendors.map((vendor) => [
        vendor,
        {
          limits: { inFlight: draw.whole(3, 16), perMinute: 6_000 },
          timeouts,
          ...(vendor === 'photogpt' && {
            prices: { training: 300, trained: 10, upscale: 5, 'nanobanana-pro': 10 },
          }),
        },
      ]),
    ),
    vendors,
    shots: parts.reduce((sum, [, { shots }]) => sum + shots, 0),
    capped: capped && Object.keys(budget).length > 0,
    onAmbiguous,
  };
}

function drawPhotogpt(draw: Draw, shots: number): Steps {
  const trains = draw.chance(0.35);
  const upscales = draw.chance(0.5) ? Math.floor(shots / 3) : 0;
  const portraits = trains ? Math.floor(shots / 3) : 0;
  const {
    shots: stills,
    mark,
    ...cells
  } = drawCells(draw, Math.max(1, shots - upscales - portraits));
  const anna = { images: 'training/anna/*', name: 'Anna', gender: 'Female', age: 29 };
  return {
    ...(trains && { models: { anna: { train: { account: 'photogpt', ...anna } } } }),
    steps: {
      ...(portraits > 0 && {
        portraits: {
          rows: rows(portraits),
          model: 'anna',
          prompt: 'Anna, look {{ id }}',
          name: 'portrait {{ id }}',
        },
      }),
      stills: {
        ...cells,
        model: 'photogpt:nanobanana-pro',
        prompt: 'a still life, number {{ id }}',
        name: `still ${mark}`,
      },
      ...(upscales > 0 && { finals: { from: 'stills', model: 'photogpt:upscale' } }),
    },
    shots: portraits + (upscales > 0 ? stills * 2 : stills),
    price: portraits * 10 + stills * 10 + (upscales > 0 ? stills * 5 : 0) + (trains ? 300 : 0),
  };
}

/** Each row once, or in two shapes: then no prompt tells one request from another. */
function drawCells(draw: Draw, shots: number) {
  if (!draw.chance(0.3)) return { rows: rows(shots), shots, mark: '{{ id }}' };
  const each = Math.ceil(shots / 2);
  return {
    rows: rows(each),
    aspectRatio: ['1:1', '16:9'],
    shots: each * 2,
    mark: '{{ id }} {{ shot.aspectRatio }}',
  };
}

function rows(count: number): { id: number }[] {
  return Array.from({ length: count }, (_, id) => ({ id }));
}
