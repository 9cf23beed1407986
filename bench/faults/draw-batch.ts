import type { Draw } from './draw.ts';
import type { Scene } from './kinds/kind.ts';
import type { Focus } from './focus.ts';

export interface DrawnBatch {
  /** The batch file. */
  readonly document: object;
  /** `shotlist.yaml`. */
  readonly accounts: Readonly<Record<string, object>>;
  readonly scene: Scene;
  /** With those that read other shots. */
  readonly shots: number;
  /** Whether the batch's own cap is below its price, so that it must stop in the middle. */
  readonly capped: boolean;
  readonly onAmbiguous: 'park' | 'resubmit';
  /** The time limit of a paid request. */
  readonly postMs: number;
  /** Whether a job's usual limit is the real one, half an hour, of which nobody should wait for the end. */
  readonly isPatient: boolean;
}

interface Steps {
  readonly steps: Readonly<Record<string, object>>;
  readonly models?: Readonly<Record<string, object>>;
  readonly shots: number;
  /** In the account's unit, were every shot made once. */
  readonly price: number;
  readonly account?: object;
  readonly has?: Partial<Scene>;
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
  // The longest that a list which is drawn to lag does.
  listLagMs: 2_500,
};
const patience = { imageJobMs: 1_800_000, videoJobMs: 7_200_000 };

const units: Readonly<Record<string, string>> = {
  photogpt: 'credits',
  productai: 'credits',
  wonda: 'usd',
  gptimage2api: 'credits',
};

type Maker = (draw: Draw, shots: number, focus: Focus) => Steps;

const makers: Readonly<Record<string, Maker>> = {
  photogpt: drawPhotogpt,
  productai: drawProductai,
  wonda: drawWonda,
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

/** PhotoGPT comes most often: it is the one that trains, lists its jobs and reads its own images. */
const choices = ['photogpt', 'photogpt', 'productai', 'wonda', 'gptimage2api'];

export function drawBatch(draw: Draw, focus: Focus): DrawnBatch {
  const vendors = focus.vendors ?? [...new Set(draw.some(choices, draw.whole(1, 3)))];
  const total = focus.shots ?? draw.whole(8, 40);
  const parts = vendors.map((vendor) => {
    const make = makers[vendor];
    if (!make) throw new Error(`nothing is drawn for ${vendor}`);
    return [vendor, make(draw, Math.max(2, Math.floor(total / vendors.length)), focus)] as const;
  });
  const shots = parts.reduce((sum, [, { shots }]) => sum + shots, 0);
  const wantsCap = focus.capped ?? draw.chance(0.15);
  const onAmbiguous = (focus.resubmits ?? draw.chance(0.1)) ? 'resubmit' : 'park';
  const isPatient = focus.isPatient ?? draw.chance(0.2);
  const postMs = focus.postMs ?? timeouts.postMs;
  const models = Object.assign({}, ...parts.map(([, { models: own }]) => own ?? {})) as object;
  const budget = Object.fromEntries(
    parts
      .filter(([, { price }]) => price > 0)
      .map(([vendor, { price }]) => [vendor, `${Math.ceil(price * 0.6)} ${units[vendor]}`]),
  );
  const capped = wantsCap && Object.keys(budget).length > 0;
  return {
    document: {
      batch: 'campaign',
      ...(Object.keys(models).length > 0 && { models }),
      ...(capped && { budget }),
      policy: { maxFailures: 'none', retries: 2, paidRetries: draw.whole(0, 1), onAmbiguous },
      steps: Object.assign({}, ...parts.map(([, { steps }]) => steps)) as object,
    },
    accounts: Object.fromEntries(
      parts.map(([vendor, { account }]) => [
        vendor,
        {
          limits: { inFlight: focus.inFlight ?? draw.whole(3, 16), perMinute: 6_000 },
          timeouts: { ...timeouts, ...(isPatient && patience), postMs },
          ...((focus.outputLifetime ?? draw.chance(0.5)) && { outputLifetime: '24h' }),
          ...account,
        },
      ]),
    ),
    scene: sceneOf(
      vendors,
      shots,
      parts.map(([, { has }]) => has ?? {}),
    ),
    shots,
    capped,
    onAmbiguous,
    postMs,
    isPatient,
  };
}

function sceneOf(vendors: readonly string[], shots: number, has: readonly Partial<Scene>[]): Scene {
  const none = { trains: false, videos: false, vectors: false, several: false, listsJobs: false };
  return Object.assign({ vendors, shots, ...none }, ...has) as Scene;
}

function drawPhotogpt(draw: Draw, wanted: number, focus: Focus): Steps {
  const trains = focus.scene?.trains ?? draw.chance(0.35);
  const videos = (focus.scene?.videos ?? draw.chance(0.15)) ? 1 : 0;
  const each = (focus.scene?.several ?? draw.chance(0.25)) ? draw.whole(2, 3) : 1;
  const upscales = each === 1 && draw.chance(0.5) ? Math.floor(wanted / 3) : 0;
  const portraits = trains ? Math.floor(wanted / 3) : 0;
  const rest = Math.max(1, wanted - upscales - portraits - videos);
  const { shots: stills, mark, ...cells } = drawCells(draw, rest, ['1:1', '16:9']);
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
        ...(each > 1 && { outputs: each }),
      },
      ...(upscales > 0 && { finals: { from: 'stills', model: 'photogpt:upscale' } }),
      ...(videos > 0 && {
        videos: { model: 'photogpt:veo-3.1', prompt: 'a video of a still life', name: 'video' },
      }),
    },
    shots: portraits + videos + (upscales > 0 ? stills * 2 : stills),
    price:
      portraits * 10 +
      videos * 160 +
      stills * 10 * each +
      (upscales > 0 ? stills * 5 : 0) +
      (trains ? 300 : 0),
    account: {
      prices: { training: 300, trained: 10, upscale: 5, 'nanobanana-pro': 10, 'veo-3.1': 160 },
    },
    has: { trains, videos: videos > 0, several: each > 1, listsJobs: true },
  };
}

function drawProductai(draw: Draw, wanted: number): Steps {
  const dialect = draw.chance(0.25) ? 'b' : 'a';
  const { shots, mark, ...cells } = drawCells(draw, wanted, ['1:1', '4:3']);
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
    account: { dialect },
    has: dialect === 'a' ? { listsJobs: true } : {},
  };
}

function drawWonda(draw: Draw, shots: number, focus: Focus): Steps {
  const vectors = focus.scene?.vectors ?? draw.chance(0.35);
  const edits = vectors || draw.chance(0.5) ? Math.floor(shots / 2) : 0;
  const posters = shots - edits;
  return {
    steps: {
      posters: {
        rows: rows(posters),
        model: 'wonda:nano-banana-2',
        prompt: 'a poster, number {{ id }}',
        name: 'poster {{ id }}',
      },
      ...(edits > 0 && {
        [vectors ? 'vectors' : 'cutouts']: {
          from: 'posters',
          model: vectors ? 'wonda:runware-vectorize' : 'wonda:birefnet-bg-removal',
        },
      }),
    },
    shots: edits > 0 ? posters * 2 : posters,
    price: 0,
    has: { vectors: vectors && edits > 0 },
  };
}

/** Each row once, or in two shapes: then no prompt tells one request from another. */
function drawCells(draw: Draw, shots: number, shapes: readonly string[]) {
  if (!draw.chance(0.3)) return { rows: rows(shots), shots, mark: '{{ id }}' };
  const each = Math.ceil(shots / 2);
  return {
    rows: rows(each),
    aspectRatio: shapes,
    shots: each * 2,
    mark: '{{ id }} {{ shot.aspectRatio }}',
  };
}

function rows(count: number): { id: number }[] {
  return Array.from({ length: count }, (_, id) => ({ id }));
}
