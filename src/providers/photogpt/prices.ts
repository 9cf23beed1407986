import type { ShotRequest } from '../../batch/request.ts';
import { amountFromDecimal, type Amount, type Price } from '../../money.ts';
import type { PriceOverrides } from '../port.ts';
import { familyOf } from './fields.ts';
import { imageModels } from './image-models.ts';

const unit = 'credits';
const unknown: Price = { amount: null, unit, basis: 'unknown' };
/** Per output of every image model. The vendor publishes no price list; this is what clients report. */
const creditsPerImage = '10';

/** `prices` of the account first, then ten credits an image; nothing is assumed for the rest. */
export function price(request: ShotRequest, prices: PriceOverrides): Price {
  const override = prices[request.model];
  const each =
    override === undefined
      ? assumedEach(request)
      : typeof override === 'string'
        ? amountFromDecimal(override, unit)
        : byResolution(request, override);
  if (each === undefined) return unknown;
  return { amount: each * (request.outputs ?? 1), unit, basis: 'assumed' };
}

export function trainingPrice(prices: PriceOverrides): Price {
  const { training } = prices;
  if (typeof training !== 'string') return unknown;
  return { amount: amountFromDecimal(training, unit), unit, basis: 'assumed' };
}

function assumedEach({ model, duration }: ShotRequest): Amount | undefined {
  const isImage = model !== 'upscale' && duration === undefined;
  if (!isImage || familyOf(model)?.kind === 'video') return undefined;
  return amountFromDecimal(creditsPerImage, unit);
}

/**
 * The price of the resolution asked for, or of the model's default; where neither is known the dearest,
 * so that a budget holds. A resolution without a price has none.
 */
function byResolution(
  request: ShotRequest,
  table: Readonly<Record<string, string>>,
): Amount | undefined {
  const field = imageModels.find(({ id }) => id === request.model)?.fields.resolution;
  const resolution = request.resolution ?? field?.default;
  const amounts = Object.entries(table).map(
    ([name, decimal]) => [name.toLowerCase(), amountFromDecimal(decimal, unit)] as const,
  );
  if (resolution === undefined)
    return amounts.length > 0 ? Math.max(...amounts.map(([, amount]) => amount)) : undefined;
  return amounts.find(([name]) => name === String(resolution).toLowerCase())?.[1];
}
