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

/** Prices come from the vendor's quotes; the account's `prices` take precedence. */
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

/** Images and videos are priced by model and parameters. Text is priced by length, so its key has the prompt. */
function keyOf(request: ShotRequest, byPrompt: boolean): string {
  const prompt = byPrompt
    ? createHash('sha256')
        .update(request.prompt ?? '')
        .digest('hex')
    : undefined;
  return canonicalJson({ model: request.model, params: paramsOf(request), prompt });
}

/** The smallest unit of our amounts is one micro-dollar; fractions are rounded up. */
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
