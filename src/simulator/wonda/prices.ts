import type { World } from '../world.ts';
import { id } from './answers.ts';
import { type Model, models } from './models.ts';

/** One credit of the simulator's accounts is a thousandth of a dollar here. */
const microdollarsPerCredit = 1_000;

/** Price factor of a larger image or video. */
const factors: Readonly<Record<string, number>> = { '2k': 1.5, '4k': 2, '1080p': 1.5 };

type Request = Readonly<Record<string, unknown>>;

function unitCredits({ settings }: World, { work }: Model): number {
  return settings.prices[id]?.[work] ?? 0;
}

/** The cost in credits: by image and size, by second, or by character of the prompt. */
export function costOf(world: World, model: Model, prompt: string, params: Request): number {
  const each = unitCredits(world, model);
  if (model.work === 'text') return each * prompt.length;
  const factor = factors[String(params['resolution']).toLowerCase()] ?? 1;
  return each * factor * (model.work === 'video' ? secondsOf(params) : 1);
}

export function secondsOf(params: Request): number {
  return Number.parseInt(String(params['duration']), 10) || 5;
}

/** `POST /pricing/estimate` */
export function estimateOf(world: World, model: Model, prompt: string, params: Request): object {
  const estimatedCredits = costOf(world, model, prompt, params);
  const micro = Math.round(estimatedCredits * microdollarsPerCredit);
  return {
    model: model.key,
    estimatedCostMicrodollars: micro,
    estimatedCostUsd: dollars(micro),
    estimatedCredits,
  };
}

const unitOf = {
  image: 'per_image',
  edit: 'per_generation',
  video: 'per_second',
  text: 'per_character',
} as const;

/** `GET /pricing` */
export function priceList(world: World): object {
  return {
    models: [...models.values()].map((model) => {
      const credits = unitCredits(world, model);
      const unitPriceMicrodollars = Math.round(credits * microdollarsPerCredit);
      const unitPriceUsd = dollars(unitPriceMicrodollars);
      const unit = unitOf[model.work];
      return {
        key: model.key,
        label: model.label,
        description: '',
        stepType: model.section,
        pricing: [{ unit, variant: null, unitPriceMicrodollars, unitPriceUsd, credits }],
      };
    }),
    editor: {},
  };
}

export function balanceOf(world: World, spent: number): object {
  const credits = world.settings.credits - spent;
  const balanceMicrodollars = Math.round(credits * microdollarsPerCredit);
  return {
    balanceMicrodollars,
    balanceUsd: dollars(balanceMicrodollars),
    credits,
    nextRefillAt: null,
  };
}

function dollars(micro: number): string {
  return `$${(micro / 1_000_000).toFixed(6)}`;
}
