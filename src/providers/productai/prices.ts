import type { ModelSpec } from '../../batch/model-spec.ts';
import { amountFromDecimal, type PriceBasis } from '../../money.ts';
import type { Offer } from '../port.ts';
import { overriddenPrice, unknownPrice } from '../price-list.ts';

export const unit = 'credits';

/** The account's `prices` first, then the list, per output. */
export function pricesOf(
  models: readonly ModelSpec[],
  credits: Readonly<Record<string, number>>,
  basis: PriceBasis,
): Pick<Offer, 'price' | 'trainingPrice'> {
  return {
    price(request, overrides) {
      const own = overriddenPrice(request, { unit, models, overrides });
      if (own) return own;
      const each = Object.hasOwn(credits, request.model) ? credits[request.model] : undefined;
      if (each === undefined) return unknownPrice(unit);
      return { amount: amountFromDecimal(each, unit) * (request.outputs ?? 1), unit, basis };
    },
    trainingPrice: () => unknownPrice(unit),
  };
}
