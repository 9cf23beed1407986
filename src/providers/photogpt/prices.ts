import type { ShotRequest } from '../../batch/request.ts';
import { amountFromDecimal, type Price } from '../../money.ts';
import type { PriceOverrides } from '../port.ts';
import { overriddenPrice, unknownPrice } from '../price-list.ts';
import { familyOf } from './fields.ts';
import { imageModels } from './image-models.ts';

const unit = 'credits';
/** Per output of every image model. The vendor publishes no price list; clients report this price. */
const creditsPerImage = amountFromDecimal('10', unit);

/** The account's `prices` first, then ten credits per image; all else has no assumed price. */
export function price(request: ShotRequest, overrides: PriceOverrides): Price {
  const own = overriddenPrice(request, { unit, models: imageModels, overrides });
  if (own) return own;
  const { model, duration, outputs } = request;
  const isImage = model !== 'upscale' && duration === undefined;
  if (!isImage || familyOf(model)?.kind === 'video') return unknownPrice(unit);
  return { amount: creditsPerImage * (outputs ?? 1), unit, basis: 'assumed' };
}

export function trainingPrice({ training }: PriceOverrides): Price {
  if (typeof training !== 'string') return unknownPrice(unit);
  return { amount: amountFromDecimal(training, unit), unit, basis: 'assumed' };
}
