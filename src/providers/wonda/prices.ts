import { createHash } from 'node:crypto';
import type { ModelSpec } from '../../batch/model-spec.ts';
import type { ShotRequest } from '../../batch/request.ts';
import { canonicalJson } from '../../json.ts';
import type { Price } from '../../money.ts';
import type { Api } from '../api.ts';
import type { Learned, Offer, Quoted } from '../port.ts';
import { overriddenPrice, unknownPrice } from '../price-list.ts';
import { classify, isInvalid } from './errors.ts';
import { estimate, paramsOf, pricedBody } from './wire.ts';

const unit = 'usd';

/** The vendor is asked what a request costs; `prices` of the account count before its answer. */
export function pricing(
  models: readonly ModelSpec[],
  learned: Learned,
): Required<Pick<Offer, 'price' | 'quoteKey' | 'trainingPrice'>> {
  const texts = new Set(models.filter(({ makes }) => makes === 'text').map(({ id }) => id));
  const quoteKey = (request: ShotRequest): string => keyOf(request, texts.has(request.model));
  return {
    quoteKey,
    price(request, overrides): Price {
      const own = overriddenPrice(request, { unit, models, overrides });
      if (own) return own;
      const amount = learned.quote(quoteKey(request));
      return amount === undefined ? unknownPrice(unit) : { amount, unit, basis: 'quoted' };
    },
    trainingPrice: () => unknownPrice(unit),
  };
}

/** Images and videos cost by model and parameters; text costs by its length, so the prompt decides as well. */
function keyOf(request: ShotRequest, byPrompt: boolean): string {
  const prompt = byPrompt
    ? createHash('sha256')
        .update(request.prompt ?? '')
        .digest('hex')
    : undefined;
  return canonicalJson({ model: request.model, params: paramsOf(request), prompt });
}

/** One micro-dollar is the smallest part of our amounts; less is rounded up. */
export async function quote(api: Api, request: ShotRequest): Promise<Quoted> {
  const json = pricedBody(request);
  try {
    const answer = await api({ method: 'POST', path: '/pricing/estimate', json, answer: estimate });
    return { amount: Math.ceil(answer.estimatedCostMicrodollars) };
  } catch (error) {
    if (isInvalid(error)) return { refused: classify(error).message };
    throw error;
  }
}
